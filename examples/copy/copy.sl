; Copy: eight vectors across the chip, from the slice W.mem0 to the slice E.mem0.
;
; A Read issued at t drives its stream register at t + 3 (d_func of Read). From there the vector moves one hop per
; cycle; at tiny the two slices are two hops apart, the width of the VXM. So the Write of the same vector issues at
; t + 3 + 2. Each queue needs two words for all eight vectors: Repeat issues the word before it again, and the stride
; moves its address. ("times=8" in the line of the Read says the same; the other examples write it so.) All eight
; vectors are under way at once: the copy takes one cycle each.
;
; cycles: 177
.superlane 1
.preset tiny

.input x W.mem0 0:0 rows=8
.output y E.mem0 0:0 rows=8

.queue W.mem0
 0: Read a=0:0 s=E0 stride=1
 1: Repeat n=7

.queue E.mem0
 5: Write a=0:0 s=E0 stride=1
 6: Repeat n=7
