; Rotate: all 16 rotations of 4 x 4 blocks, as a two-dimensional convolution needs them.
;
; Each superlane holds one block, row by row in its first 16 lanes, so Rotate 4 needs 16 lanes: no preset but full has
; them, and this text brings its own machine, two superlanes of 16 lanes. One Rotate a cycle drives 16 streams: stream
; 4r + c carries, at place (i, j), the element ((i + r) mod 4, (j + c) mod 4). Sixteen slices store a stream each.
;
; mem15 is beside the SXM: Read + 3 = Rotate. The results leave westward 3 cycles later; the slices of group 3 see them
; at once, each group farther in a hop later.
;
; cycles: 61
.superlane 1
.config {"name":"rotator","superlanes":2,"lanes":16,"slices":16,"bank_words":128,"acc_rows":16,"vxm_hops":2,"alus":[{"types":["i8"],"large":false},{"types":["i8"],"large":false},{"types":["i8"],"large":false},{"types":["i8"],"large":false}],"stages":{}}

.input x E.mem15 0:0 rows=8
; y: rotation n of block row r is row 8n + r.
.output y E.mem0 1:0 rows=8
.output y E.mem1 1:0 rows=8
.output y E.mem2 1:0 rows=8
.output y E.mem3 1:0 rows=8
.output y E.mem4 1:0 rows=8
.output y E.mem5 1:0 rows=8
.output y E.mem6 1:0 rows=8
.output y E.mem7 1:0 rows=8
.output y E.mem8 1:0 rows=8
.output y E.mem9 1:0 rows=8
.output y E.mem10 1:0 rows=8
.output y E.mem11 1:0 rows=8
.output y E.mem12 1:0 rows=8
.output y E.mem13 1:0 rows=8
.output y E.mem14 1:0 rows=8
.output y E.mem15 1:0 rows=8

.queue E.sxm.rotate
 3: Rotate n=4 s=E0 out=W16 times=8

; group 0
.queue E.mem0
 9: Write a=1:0 s=W16 stride=1 times=8
.queue E.mem1
 9: Write a=1:0 s=W17 stride=1 times=8
.queue E.mem2
 9: Write a=1:0 s=W18 stride=1 times=8
.queue E.mem3
 9: Write a=1:0 s=W19 stride=1 times=8
; group 1
.queue E.mem4
 8: Write a=1:0 s=W20 stride=1 times=8
.queue E.mem5
 8: Write a=1:0 s=W21 stride=1 times=8
.queue E.mem6
 8: Write a=1:0 s=W22 stride=1 times=8
.queue E.mem7
 8: Write a=1:0 s=W23 stride=1 times=8
; group 2
.queue E.mem8
 7: Write a=1:0 s=W24 stride=1 times=8
.queue E.mem9
 7: Write a=1:0 s=W25 stride=1 times=8
.queue E.mem10
 7: Write a=1:0 s=W26 stride=1 times=8
.queue E.mem11
 7: Write a=1:0 s=W27 stride=1 times=8
; group 3
.queue E.mem12
 6: Write a=1:0 s=W28 stride=1 times=8
.queue E.mem13
 6: Write a=1:0 s=W29 stride=1 times=8
.queue E.mem14
 6: Write a=1:0 s=W30 stride=1 times=8
.queue E.mem15
 0: Read a=0:0 s=E0 stride=1 times=6
; The last blocks go out while the first results come in: a word with a read part and a write part, in different banks.
 6: Read a=0:6 s=E0 stride=1 | Write a=1:0 s=W31 stride=1 times=2
 8: Write a=1:2 s=W31 stride=1 times=6
