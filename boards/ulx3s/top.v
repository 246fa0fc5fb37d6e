// ULX3S-85F: clock, reset and pins around the module that `make verilog PRESET=fpga UNIT=board` writes as its top.
// Give its name as the macro BOARD, such as -DBOARD=superlane_board_01234567_25.
module ulx3s (
  input        clk_25mhz,
  input        ftdi_txd,  // from the USB serial port
  output       ftdi_rxd,  // to it
  input  [1:1] btn,       // FIRE1: reset
  output [7:0] led
);
  // Registers start as zero when the FPGA is configured: that makes a reset of 255 cycles.
  reg [7:0] since = 8'h00;
  reg [1:0] pressed = 2'b00;
  wire      rst = ~&since;

  always @(posedge clk_25mhz) begin
    pressed <= {pressed[0], btn[1]};
    if (pressed[1]) since <= 8'h00;
    else if (rst) since <= since + 8'h01;
  end

  `BOARD board (
    .clk(clk_25mhz),
    .rst(rst),
    .rx(ftdi_txd),
    .tx(ftdi_rxd),
    .leds(led[3:0])
  );
  assign led[7:4] = 4'h0;
endmodule
