; Gather: a table look-up in which every superlane follows its own index.
;
;   y[r, superlane k] = table[index[r, k], superlane k]
;
; The index comes as a stream that flows past the slice of the table. In each superlane, lane 0 is the low byte of the
; address and lane 1 the high byte, bit 12 the bank: the table lies in bank 1. "banks" (a bit each), "lo" and "hi" say
; what the Gather may touch, so that the assembler knows it before the data are there; an index outside is a fault.
;
; mem0 is in group 0, mem4 in group 1, mem8 in group 2: neighbors, no hop between them. Read + 3 = Gather, + 3 = Write.
;
; cycles: 108
.superlane 1
.preset small

.input index E.mem0 0:0 rows=16
.input table E.mem4 1:0 rows=64
.output y E.mem8 0:0 rows=16

.queue E.mem0
 0: Read a=0:0 s=E0 stride=1 times=16

.queue E.mem4
 3: Gather map=E0 s=E1 banks=2 lo=0 hi=63 times=16

.queue E.mem8
 6: Write a=0:0 s=E1 stride=1 times=16
