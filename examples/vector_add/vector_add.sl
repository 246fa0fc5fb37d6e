; Vector add: c = a + b, int8 with saturation, 32 vectors of 32 elements.
;
; The operands come from both hemispheres and meet in the VXM, a flowing eastward, b westward. Both slices stand beside
; the VXM (group 0, no hop), so an Add issues 3 cycles after its Reads. Its sum leaves eastward 10 cycles later
; (d_func of the VXM) and is written by another slice of the eastern group 0. One vector per cycle, no trip to memory
; in between; "sat=1" clips at -128 and 127 instead of wrapping.
;
; cycles: 131
.superlane 1
.preset small

.input a W.mem0 0:0 rows=32
.input b E.mem0 0:0 rows=32
.output c E.mem1 0:0 rows=32

.queue W.mem0
 0: Read a=0:0 s=E0 stride=1 times=32

.queue E.mem0
 0: Read a=0:0 s=W0 stride=1 times=32

.queue vxm0
 3: Add.i8 sat=1 a=E0 b=W0 out=E1 times=32

.queue E.mem1
13: Write a=0:0 s=E1 stride=1 times=32
