; Transpose: 8 x 8 blocks of bytes, four of them in each of four steps.
;
; A vector of this machine has four superlanes of eight lanes. Eight vectors side by side on a wide group are therefore
; four 8 x 8 blocks, one in each superlane, and one Transpose exchanges stream and lane in all of them:
;
;   y[8R + i, 8k + l] = x[8R + l, 8k + i]      for superlane k, block row R
;
; Row 8R + i of x lies in slice mem(8 + i) at offset R. The slices of group 3 stand beside the SXM, those of group 2 one
; hop farther, so they read a cycle earlier and see the results a cycle later. One block row follows another each cycle.
;
; cycles: 98
.superlane 1
.preset small

.input x E.mem8 0:0 rows=4
.input x E.mem9 0:0 rows=4
.input x E.mem10 0:0 rows=4
.input x E.mem11 0:0 rows=4
.input x E.mem12 0:0 rows=4
.input x E.mem13 0:0 rows=4
.input x E.mem14 0:0 rows=4
.input x E.mem15 0:0 rows=4
.output y E.mem8 1:0 rows=4
.output y E.mem9 1:0 rows=4
.output y E.mem10 1:0 rows=4
.output y E.mem11 1:0 rows=4
.output y E.mem12 1:0 rows=4
.output y E.mem13 1:0 rows=4
.output y E.mem14 1:0 rows=4
.output y E.mem15 1:0 rows=4

.queue E.sxm.transpose0
 4: Transpose s=E0 out=W8 times=4

; group 2
.queue E.mem8
 0: Read a=0:0 s=E0 stride=1 times=4
 8: Write a=1:0 s=W8 stride=1 times=4
.queue E.mem9
 0: Read a=0:0 s=E1 stride=1 times=4
 8: Write a=1:0 s=W9 stride=1 times=4
.queue E.mem10
 0: Read a=0:0 s=E2 stride=1 times=4
 8: Write a=1:0 s=W10 stride=1 times=4
.queue E.mem11
 0: Read a=0:0 s=E3 stride=1 times=4
 8: Write a=1:0 s=W11 stride=1 times=4
; group 3
.queue E.mem12
 1: Read a=0:0 s=E4 stride=1 times=4
 7: Write a=1:0 s=W12 stride=1 times=4
.queue E.mem13
 1: Read a=0:0 s=E5 stride=1 times=4
 7: Write a=1:0 s=W13 stride=1 times=4
.queue E.mem14
 1: Read a=0:0 s=E6 stride=1 times=4
 7: Write a=1:0 s=W14 stride=1 times=4
.queue E.mem15
 1: Read a=0:0 s=E7 stride=1 times=4
 7: Write a=1:0 s=W15 stride=1 times=4
