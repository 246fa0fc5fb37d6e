; Prefetch: a program larger than its queue.
;
; 128 vectors are copied from W.mem0 to E.mem0 in bit-reversed order, as an FFT wants them. No stride gives this order,
; so each vector takes a word of its own, and a queue holds 96. The assembler puts the first words into the queue and
; the rest, in blocks of 40, into free memory; an Ifetch in a free cycle, and Reads in the queues of other slices, bring
; a block to the queue while it goes on issuing. Nothing of that is in this text, but for the free cycles that an Ifetch
; needs: the Reads stand in bursts of 16, with a free cycle behind each. "superlane disasm" shows the Ifetch and the
; text in memory, "superlane run --trace" when it issues. Not one Read moves.
;
; W.mem0 to E.mem0 is 4 hops at small, the width of the VXM: Read + 3 + 4 = Write.
;
; cycles: 228
.superlane 1
.preset small

.input x W.mem0 0:0 rows=128
.output y E.mem0 0:0 rows=128

.queue W.mem0
  0: Read a=0:0 s=E0
  1: Read a=0:64 s=E0
  2: Read a=0:32 s=E0
  3: Read a=0:96 s=E0
  4: Read a=0:16 s=E0
  5: Read a=0:80 s=E0
  6: Read a=0:48 s=E0
  7: Read a=0:112 s=E0
  8: Read a=0:8 s=E0
  9: Read a=0:72 s=E0
 10: Read a=0:40 s=E0
 11: Read a=0:104 s=E0
 12: Read a=0:24 s=E0
 13: Read a=0:88 s=E0
 14: Read a=0:56 s=E0
 15: Read a=0:120 s=E0
 17: Read a=0:4 s=E0
 18: Read a=0:68 s=E0
 19: Read a=0:36 s=E0
 20: Read a=0:100 s=E0
 21: Read a=0:20 s=E0
 22: Read a=0:84 s=E0
 23: Read a=0:52 s=E0
 24: Read a=0:116 s=E0
 25: Read a=0:12 s=E0
 26: Read a=0:76 s=E0
 27: Read a=0:44 s=E0
 28: Read a=0:108 s=E0
 29: Read a=0:28 s=E0
 30: Read a=0:92 s=E0
 31: Read a=0:60 s=E0
 32: Read a=0:124 s=E0
 34: Read a=0:2 s=E0
 35: Read a=0:66 s=E0
 36: Read a=0:34 s=E0
 37: Read a=0:98 s=E0
 38: Read a=0:18 s=E0
 39: Read a=0:82 s=E0
 40: Read a=0:50 s=E0
 41: Read a=0:114 s=E0
 42: Read a=0:10 s=E0
 43: Read a=0:74 s=E0
 44: Read a=0:42 s=E0
 45: Read a=0:106 s=E0
 46: Read a=0:26 s=E0
 47: Read a=0:90 s=E0
 48: Read a=0:58 s=E0
 49: Read a=0:122 s=E0
 51: Read a=0:6 s=E0
 52: Read a=0:70 s=E0
 53: Read a=0:38 s=E0
 54: Read a=0:102 s=E0
 55: Read a=0:22 s=E0
 56: Read a=0:86 s=E0
 57: Read a=0:54 s=E0
 58: Read a=0:118 s=E0
 59: Read a=0:14 s=E0
 60: Read a=0:78 s=E0
 61: Read a=0:46 s=E0
 62: Read a=0:110 s=E0
 63: Read a=0:30 s=E0
 64: Read a=0:94 s=E0
 65: Read a=0:62 s=E0
 66: Read a=0:126 s=E0
 68: Read a=0:1 s=E0
 69: Read a=0:65 s=E0
 70: Read a=0:33 s=E0
 71: Read a=0:97 s=E0
 72: Read a=0:17 s=E0
 73: Read a=0:81 s=E0
 74: Read a=0:49 s=E0
 75: Read a=0:113 s=E0
 76: Read a=0:9 s=E0
 77: Read a=0:73 s=E0
 78: Read a=0:41 s=E0
 79: Read a=0:105 s=E0
 80: Read a=0:25 s=E0
 81: Read a=0:89 s=E0
 82: Read a=0:57 s=E0
 83: Read a=0:121 s=E0
 85: Read a=0:5 s=E0
 86: Read a=0:69 s=E0
 87: Read a=0:37 s=E0
 88: Read a=0:101 s=E0
 89: Read a=0:21 s=E0
 90: Read a=0:85 s=E0
 91: Read a=0:53 s=E0
 92: Read a=0:117 s=E0
 93: Read a=0:13 s=E0
 94: Read a=0:77 s=E0
 95: Read a=0:45 s=E0
 96: Read a=0:109 s=E0
 97: Read a=0:29 s=E0
 98: Read a=0:93 s=E0
 99: Read a=0:61 s=E0
100: Read a=0:125 s=E0
102: Read a=0:3 s=E0
103: Read a=0:67 s=E0
104: Read a=0:35 s=E0
105: Read a=0:99 s=E0
106: Read a=0:19 s=E0
107: Read a=0:83 s=E0
108: Read a=0:51 s=E0
109: Read a=0:115 s=E0
110: Read a=0:11 s=E0
111: Read a=0:75 s=E0
112: Read a=0:43 s=E0
113: Read a=0:107 s=E0
114: Read a=0:27 s=E0
115: Read a=0:91 s=E0
116: Read a=0:59 s=E0
117: Read a=0:123 s=E0
119: Read a=0:7 s=E0
120: Read a=0:71 s=E0
121: Read a=0:39 s=E0
122: Read a=0:103 s=E0
123: Read a=0:23 s=E0
124: Read a=0:87 s=E0
125: Read a=0:55 s=E0
126: Read a=0:119 s=E0
127: Read a=0:15 s=E0
128: Read a=0:79 s=E0
129: Read a=0:47 s=E0
130: Read a=0:111 s=E0
131: Read a=0:31 s=E0
132: Read a=0:95 s=E0
133: Read a=0:63 s=E0
134: Read a=0:127 s=E0

.queue E.mem0
  7: Write a=0:0 s=E0 stride=1 times=16
 24: Write a=0:16 s=E0 stride=1 times=16
 41: Write a=0:32 s=E0 stride=1 times=16
 58: Write a=0:48 s=E0 stride=1 times=16
 75: Write a=0:64 s=E0 stride=1 times=16
 92: Write a=0:80 s=E0 stride=1 times=16
109: Write a=0:96 s=E0 stride=1 times=16
126: Write a=0:112 s=E0 stride=1 times=16
