; Matrix product with double-buffered weights: C[16, 32] = A[16, 96] x B[96, 32], int8 exact in int32.
;
; A plane of this machine multiplies by a 32 x 32 matrix, so K = 96 takes three passes: A[:, 32p:32p+32] with
; B[32p:32p+32, :]. While one pass streams its 16 activation vectors through the array, the weights of the next are
; loaded into the buffer, and IW swaps them in between two vectors: 48 ABC in 48 consecutive cycles, no bubble.
;
;   weights       LW   5..8 pass 0      10..13 pass 1              26..29 pass 2
;                 IW   9                       25                         41
;   activations   ABC      10..25 pass 0         26..41 pass 1               42..57 pass 2
;   accumulators  ACC            22..37 write          38..53 add                  54..69 add, emit
;   results       Write                                                                  60..75
;
; Weights: stream i of the wide group E0..E7 carries column 8c + i of a block of B as a vector; four LW, one for each c,
; fill the plane. Slices mem8..15 hold one stream each. Those of group 2 are one hop farther from the MXM than those of
; group 3 and read a cycle earlier. Activations: mem0 stands 4 hops from the MXM, so Read + 3 + 4 = ABC. Sums reach the
; accumulators 12 cycles after ABC. Every pass touches a row 16 cycles after the last; 4 would do (d_acc). The last
; pass keeps nothing and emits on the quad W0..W3, a stream for each byte; four slices of group 3 store them 6 cycles
; later.
;
; cycles: 162
.superlane 1
.preset small

; A: rows 16p + r hold A[r, 32p:32p+32]. B: slice i of the eight holds column 8c + i of block p at row 4p + c.
.input a E.mem0 0:0 rows=48
.input b E.mem8 0:0 rows=12
.input b E.mem9 0:0 rows=12
.input b E.mem10 0:0 rows=12
.input b E.mem11 0:0 rows=12
.input b E.mem12 0:0 rows=12
.input b E.mem13 0:0 rows=12
.input b E.mem14 0:0 rows=12
.input b E.mem15 0:0 rows=12
; C: byte i of every element in slice 12 + i, the lowest first.
.output c E.mem12 1:0 rows=16
.output c E.mem13 1:0 rows=16
.output c E.mem14 1:0 rows=16
.output c E.mem15 1:0 rows=16

.queue E.mem0                    ; activations
 3: Read a=0:0 s=E8 stride=1 times=48

; weights, group 2
.queue E.mem8
 0: Read a=0:0 s=E0 stride=1 times=4    ; pass 0
 5: Read a=0:4 s=E0 stride=1 times=4    ; pass 1
21: Read a=0:8 s=E0 stride=1 times=4    ; pass 2
.queue E.mem9
 0: Read a=0:0 s=E1 stride=1 times=4    ; pass 0
 5: Read a=0:4 s=E1 stride=1 times=4    ; pass 1
21: Read a=0:8 s=E1 stride=1 times=4    ; pass 2
.queue E.mem10
 0: Read a=0:0 s=E2 stride=1 times=4    ; pass 0
 5: Read a=0:4 s=E2 stride=1 times=4    ; pass 1
21: Read a=0:8 s=E2 stride=1 times=4    ; pass 2
.queue E.mem11
 0: Read a=0:0 s=E3 stride=1 times=4    ; pass 0
 5: Read a=0:4 s=E3 stride=1 times=4    ; pass 1
21: Read a=0:8 s=E3 stride=1 times=4    ; pass 2
; weights, group 3; then the results
.queue E.mem12
 1: Read a=0:0 s=E4 stride=1 times=4    ; pass 0
 6: Read a=0:4 s=E4 stride=1 times=4    ; pass 1
22: Read a=0:8 s=E4 stride=1 times=4    ; pass 2
60: Write a=1:0 s=W0 stride=1 times=16
.queue E.mem13
 1: Read a=0:0 s=E5 stride=1 times=4    ; pass 0
 6: Read a=0:4 s=E5 stride=1 times=4    ; pass 1
22: Read a=0:8 s=E5 stride=1 times=4    ; pass 2
60: Write a=1:0 s=W1 stride=1 times=16
.queue E.mem14
 1: Read a=0:0 s=E6 stride=1 times=4    ; pass 0
 6: Read a=0:4 s=E6 stride=1 times=4    ; pass 1
22: Read a=0:8 s=E6 stride=1 times=4    ; pass 2
60: Write a=1:0 s=W2 stride=1 times=16
.queue E.mem15
 1: Read a=0:0 s=E7 stride=1 times=4    ; pass 0
 6: Read a=0:4 s=E7 stride=1 times=4    ; pass 1
22: Read a=0:8 s=E7 stride=1 times=4    ; pass 2
60: Write a=1:0 s=W3 stride=1 times=16

.queue E.mxm0.weights
 5: LW s=E0 col=0 stride=1 times=4
 9: IW from=buffer
10: LW s=E0 col=0 stride=1 times=4
25: IW from=buffer               ; the last vector of pass 0 goes in with the old weights
26: LW s=E0 col=0 stride=1 times=4
41: IW from=buffer

.queue E.mxm0.activations
10: ABC.i8i8 s=E8 times=48

.queue E.mxm0.accumulators
22: ACC.i32 mode=write row=0 stride=1 keep=1 times=16
38: ACC.i32 mode=add row=0 stride=1 keep=1 times=16
54: ACC.i32 mode=add row=0 stride=1 out=W0 times=16
