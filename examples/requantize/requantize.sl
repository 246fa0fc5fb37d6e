; Requantize and ReLU: int32 accumulators to int8, as ONNX QuantizeLinear does after ReLU, with a scale for each column.
;
;   y = saturate(round(max(float(x) * scale, 0)) + zero)
;
; Four ALUs of the mesh's north row form a chain; each takes its west neighbor's result 8 cycles after (d_alu):
;
;   vxm0  Cast i32 -> f32     from the stream quad E0..E3
;   vxm1  Mul by the scale    from the south neighbor vxm5, which latched it: a Latch's result stays until the next
;   vxm2  ReLU
;   vxm3  Cast f32 -> i8      rounds half to even, adds the zero point (b = imm), then saturates
;
; Nothing goes back to memory on the way. 16 vectors of 32 elements follow each other one cycle apart.
;
; cycles: 140
.superlane 1
.preset small

; x: byte i of every element in slice i, the lowest first; so is the scale, one fp32 vector.
.input x W.mem0 0:0 rows=16
.input x W.mem1 0:0 rows=16
.input x W.mem2 0:0 rows=16
.input x W.mem3 0:0 rows=16
.input scale E.mem0 0:0 rows=1
.input scale E.mem1 0:0 rows=1
.input scale E.mem2 0:0 rows=1
.input scale E.mem3 0:0 rows=1
.output y E.mem4 0:0 rows=16

.queue W.mem0
 0: Read a=0:0 s=E0 stride=1 times=16
.queue W.mem1
 0: Read a=0:0 s=E1 stride=1 times=16
.queue W.mem2
 0: Read a=0:0 s=E2 stride=1 times=16
.queue W.mem3
 0: Read a=0:0 s=E3 stride=1 times=16

.queue E.mem0
 0: Read a=0:0 s=W0
.queue E.mem1
 0: Read a=0:0 s=W1
.queue E.mem2
 0: Read a=0:0 s=W2
.queue E.mem3
 0: Read a=0:0 s=W3

.queue vxm5
 3: Latch.f32 a=W0          ; its result is there from 11 on

.queue vxm0
 3: Cast.i32.f32 a=E0 times=16

.queue vxm1
11: Mul.f32 a=W b=S times=16

.queue vxm2
19: ReLU.f32 a=W times=16

.queue vxm3
27: Cast.f32.i8 a=W b=imm imm=3 out=E4 times=16

.queue E.mem4                    ; 27 + 10, and one hop
38: Write a=0:0 s=E4 stride=1 times=16
