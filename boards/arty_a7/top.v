// Arty A7: clock, reset and pins around the module that `make verilog PRESET=fpga UNIT=board` writes as its top. Not run.
// Give its name as the macro BOARD.
module arty_a7 (
  input        CLK100MHZ,
  input        uart_txd_in,   // from the USB serial port
  output       uart_rxd_out,  // to it
  input        ck_rst,        // RESET, low while pressed
  output [3:0] led
);
  // 100 MHz through four: 25 MHz, on a clock net.
  reg [1:0] quarter = 2'b00;
  wire      clk;
  always @(posedge CLK100MHZ) quarter <= quarter + 2'b01;
  BUFG buffer (.I(quarter[1]), .O(clk));

  reg [7:0] since = 8'h00;
  reg [1:0] pressed = 2'b00;
  wire      rst = ~&since;

  always @(posedge clk) begin
    pressed <= {pressed[0], ~ck_rst};
    if (pressed[1]) since <= 8'h00;
    else if (rst) since <= since + 8'h01;
  end

  `BOARD board (
    .clk(clk),
    .rst(rst),
    .rx(uart_txd_in),
    .tx(uart_rxd_out),
    .leds(led)
  );
endmodule
