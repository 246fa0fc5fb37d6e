// A chip that needs no host: a state machine at its AXI ports plays what a host would do, from a ROM. It boots a program,
// starts it, waits for its end, and compares the cycle of the end and every result with what the ROM says.
// `make selftest` writes the ROM and puts names and numbers in the place of the macros.
module selftest (
  input            clk,
  input            rst,     // active high, for a cycle or more
  output     [3:0] leds     // passed, failed, a program was started, the clock runs
);
  // One step per word: what to do, tlast, register, mask, value or beat.
  localparam BEAT = `BEAT, DATA = BEAT < 32 ? 32 : BEAT, STEPS = `STEPS;
  localparam [2:0] END = 0, WRITE = 1, WAIT = 2, PUSH = 3, PULL = 4;
  localparam CONTROL = 12'h080;
  // Cycles after which a step has failed.
  localparam PATIENCE = 24;

  reg [DATA+47:0]           rom [0:STEPS-1];
  reg [DATA+47:0]           step;
  reg [$clog2(STEPS+1)-1:0] at;
  initial $readmemh(`FILE, rom);

  wire [2:0]      kind = step[DATA+47:DATA+45];
  wire            last = step[DATA+44];
  wire [11:0]     address = step[DATA+43:DATA+32];
  wire [31:0]     mask = step[DATA+31:DATA];
  wire [31:0]     value = step[31:0];
  wire [BEAT-1:0] beat = step[BEAT-1:0];

  reg  ready;           // the step is there
  reg  sent, data_sent; // address, and data, of an access are through
  reg  passed, failed, started;
  reg  [PATIENCE-1:0] waited;
  reg  [23:0]         blink;

  wire awready, wready, bvalid, arready, rvalid, to_chip_ready, from_chip_valid, from_chip_last;
  wire [1:0]      bresp, rresp;
  wire [31:0]     rdata;
  wire [BEAT-1:0] from_chip;

  wire writes = ready & kind == WRITE, waits = ready & kind == WAIT;
  wire pushes = ready & kind == PUSH, pulls = ready & kind == PULL;
  wire answered = waits & sent & rvalid;
  wire done = writes & sent & data_sent & bvalid
    | answered & (rdata & mask) == value
    | pushes & to_chip_ready
    | pulls & from_chip_valid;
  wire wrong = writes & bvalid & bresp != 2'b00
    | waits & rvalid & rresp != 2'b00
    | pulls & from_chip_valid & (from_chip != beat | from_chip_last != last)
    | &waited;

  always @(posedge clk) begin
    step <= rom[at];
    ready <= ~passed & ~failed & ~done;  // the word of the step behind comes a cycle later
    waited <= done ? 0 : waited + 1'b1;
    blink <= blink + 1'b1;
    if (writes) begin
      sent <= sent | awready;
      data_sent <= data_sent | wready;
    end
    if (waits) sent <= sent | arready;
    if (done | answered) begin
      sent <= 1'b0;
      data_sent <= 1'b0;
    end
    if (done) at <= at + 1'b1;
    if (done & writes & address == CONTROL & value[0]) started <= 1'b1;
    if (ready & kind == END) passed <= 1'b1;
    if (ready & wrong) failed <= 1'b1;
    if (rst) begin
      at <= 0;
      waited <= 0;
      blink <= 0;
      {ready, sent, data_sent, passed, failed, started} <= 6'b0;
    end
  end

  assign leds = {blink[23], started, failed, passed};

  `CHIP chip (
    .clk(clk),
    .rst(rst),
    .s_axil_awaddr(address),
    .s_axil_awvalid(writes & ~sent),
    .s_axil_awready(awready),
    .s_axil_wdata(value),
    .s_axil_wstrb(4'hf),
    .s_axil_wvalid(writes & ~data_sent),
    .s_axil_wready(wready),
    .s_axil_bresp(bresp),
    .s_axil_bvalid(bvalid),
    .s_axil_bready(writes & sent & data_sent),
    .s_axil_araddr(address),
    .s_axil_arvalid(waits & ~sent),
    .s_axil_arready(arready),
    .s_axil_rdata(rdata),
    .s_axil_rresp(rresp),
    .s_axil_rvalid(rvalid),
    .s_axil_rready(waits & sent),
    .s_axis_tdata(beat),
    .s_axis_tvalid(pushes),
    .s_axis_tready(to_chip_ready),
    .s_axis_tlast(last),
    .m_axis_tdata(from_chip),
    .m_axis_tvalid(from_chip_valid),
    .m_axis_tready(pulls),
    .m_axis_tlast(from_chip_last)
  );
endmodule
