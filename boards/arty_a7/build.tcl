# Vivado, without a project: vivado -mode batch -source build.tcl -tclargs EXPORT TOP PART. Not run.
# EXPORT: the folder of `make verilog PRESET=fpga UNIT=board`; TOP: its top module; PART: such as xc7a200tsbg484-1.
lassign $argv export top part
set here [file dirname [file normalize [info script]]]
read_verilog [concat [glob $export/*.v] $here/top.v]
read_xdc $here/arty_a7.xdc
synth_design -top arty_a7 -part $part -verilog_define SYNTHESIS -verilog_define SUPERLANE_UNGATED -verilog_define BOARD=$top
report_utilization -hierarchical -file utilization.txt
opt_design
place_design
route_design
report_timing_summary -file timing.txt
write_bitstream -force arty_a7.bit
