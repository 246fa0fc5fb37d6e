; Softmax of 256 rows of 16 elements in fp32: y = exp(x - max) / sum of exp(x - max). Six ALUs; of all that lies between
; x and y only the exponentials see memory.
;
; Layout. Each lane works on rows of its own: vector 8j + g holds element j of the 32 rows of group g. So a row lies in
; one lane, one element every 8 cycles, and no data need cross lanes. (Rows that lie along the lanes come to this layout
; by the SXM's Transpose.) Why 8: an ALU's own result of 8 cycles ago is its operand "self" (d_alu). Eight groups in
; turn fill the pipeline, and a reduction runs at one vector per cycle.
;
; An ALU that repeats "Identity a=self" keeps its last 8 results going round: a register file of 8 vectors that shows
; each neighbor the value of group g in every cycle of group g.
;
;   vxm0   3..130    max         Max a=E0 b=self; first round: Identity
;          131..250  hold max    Identity a=self
;   vxm1 131..258    x - max     Sub a=E0 b=W            x is read a second time
;   vxm2 139..266    exp         Exp a=W                 to memory as well: the sum must be known before it is used
;   vxm3 147..274    sum         Add a=W b=self; first round: Identity
;   vxm2 275..282    1/sqrt(sum) RSqrt a=E               the sums of the last round
;   vxm6 283..290    1/sum       Mul a=N b=N             squared, from vxm2 in the north
;          291..410  hold 1/sum  Identity a=self
;   vxm5 291..418    result      Mul a=W0 b=E
;
; The sum is at least 1 (the greatest element gives exp 0), so RSqrt is safe. RSqrt is exact but for the last place;
; its square doubles that error, which is why this example is compared with a tolerance.
;
; cycles: 515
.superlane 1
.preset small

; x and y: byte i of every element in slice i, the lowest first.
.input x W.mem0 0:0 rows=128
.input x W.mem1 0:0 rows=128
.input x W.mem2 0:0 rows=128
.input x W.mem3 0:0 rows=128
.output y W.mem0 1:0 rows=128
.output y W.mem1 1:0 rows=128
.output y W.mem2 1:0 rows=128
.output y W.mem3 1:0 rows=128

; x twice, one pass behind the other; the result
.queue W.mem0
  0: Read a=0:0 s=E0 stride=1 times=128
128: Read a=0:0 s=E0 stride=1 times=128
301: Write a=1:0 s=W8 stride=1 times=128
.queue W.mem1
  0: Read a=0:0 s=E1 stride=1 times=128
128: Read a=0:0 s=E1 stride=1 times=128
301: Write a=1:0 s=W9 stride=1 times=128
.queue W.mem2
  0: Read a=0:0 s=E2 stride=1 times=128
128: Read a=0:0 s=E2 stride=1 times=128
301: Write a=1:0 s=W10 stride=1 times=128
.queue W.mem3
  0: Read a=0:0 s=E3 stride=1 times=128
128: Read a=0:0 s=E3 stride=1 times=128
301: Write a=1:0 s=W11 stride=1 times=128

; the exponentials: stored as they come, read back when the sums are there
.queue E.mem0
149: Write a=0:0 s=E8 stride=1 times=128
288: Read a=0:0 s=W0 stride=1 times=128
.queue E.mem1
149: Write a=0:0 s=E9 stride=1 times=128
288: Read a=0:0 s=W1 stride=1 times=128
.queue E.mem2
149: Write a=0:0 s=E10 stride=1 times=128
288: Read a=0:0 s=W2 stride=1 times=128
.queue E.mem3
149: Write a=0:0 s=E11 stride=1 times=128
288: Read a=0:0 s=W3 stride=1 times=128

.queue vxm0
  3: Identity.f32 a=E0 times=8
 11: Max.f32 a=E0 b=self times=120
131: Identity.f32 a=self times=120

.queue vxm1
131: Sub.f32 a=E0 b=W times=128

.queue vxm2
139: Exp.f32 a=W out=E8 times=128
275: RSqrt.f32 a=E times=8

.queue vxm3
147: Identity.f32 a=W times=8
155: Add.f32 a=W b=self times=120

.queue vxm6
283: Mul.f32 a=N b=N times=8
291: Identity.f32 a=self times=120

.queue vxm5
291: Mul.f32 a=W0 b=E out=W8 times=128
