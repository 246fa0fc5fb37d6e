// Cells of the ECP5 of which Yosys has no models, block RAM and multiplier, as far as Yosys makes use of them. Sources:
// Lattice FPGA-TN-02204 (memory) and FPGA-TN-02205 (sysDSP).

// Block RAM: 2048 bytes of nine bits, two ports, one clock. A port of 36 bits has the data pins of both: port A, which
// then writes, or port B, which then reads. Which bytes a write of 18 or 36 bits means, its lowest address pins tell.
// What a port reads while the other writes it is undefined: here it comes with all bits inverted, so that whoever
// depends on it is found out.
module DP16KD (
  input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1,
  DIA0,
  input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
  DOA1, DOA0,
  input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1,
  DIB0,
  input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
  DOB1, DOB0
);
  parameter integer DATA_WIDTH_A = 18;
  parameter integer DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG";
  parameter REGMODE_B = "NOREG";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000";
  parameter CSDECODE_B = "0b000";
  parameter CLKAMUX = "CLKA";
  parameter CLKBMUX = "CLKB";
  parameter WRITEMODE_A = "NORMAL";
  parameter WRITEMODE_B = "NORMAL";
  parameter GSR = "AUTO";
  parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 = 0,
    INITVAL_06 = 0, INITVAL_07 = 0, INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0, INITVAL_0C = 0,
    INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0,
    INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0, INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0,
    INITVAL_1B = 0, INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0, INITVAL_21 = 0,
    INITVAL_22 = 0, INITVAL_23 = 0, INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0, INITVAL_28 = 0,
    INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0, INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0, INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0,
    INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0, INITVAL_3C = 0, INITVAL_3D = 0,
    INITVAL_3E = 0, INITVAL_3F = 0;
  // Words of 18 bits, in 20 bits each.
  localparam [20479:0] INITVAL = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
    INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27,
    INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E,
    INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16, INITVAL_15,
    INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C,
    INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03,
    INITVAL_02, INITVAL_01, INITVAL_00};

  initial
    if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CSDECODE_A != "0b000"
        || CSDECODE_B != "0b000" || CLKAMUX != "CLKA" || CLKBMUX != "CLKB" || WRITEMODE_A == "WRITETHROUGH"
        || WRITEMODE_B == "WRITETHROUGH")
      $fatal(1, "DP16KD: this model has no such mode");

  wire [17:0] in_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0};
  wire [17:0] in_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0};
  wire [13:0] place_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [13:0] place_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  wire [35:0] data_a = DATA_WIDTH_A == 36 ? {in_b, in_a} : {18'h0, in_a};
  wire [35:0] data_b = {18'h0, in_b};
  wire on_a = CEA && !RSTA && !CSA2 && !CSA1 && !CSA0;
  wire on_b = CEB && !RSTB && !CSB2 && !CSB1 && !CSB0;

  // How many bytes a word has, where its first is, which of them are written, and which bits of each.
  localparam integer BYTES_A = DATA_WIDTH_A == 36 ? 4 : DATA_WIDTH_A == 18 ? 2 : 1;
  localparam integer BYTES_B = DATA_WIDTH_B == 36 ? 4 : DATA_WIDTH_B == 18 ? 2 : 1;
  wire [10:0] first_a = place_a[13:3] & ~11'(BYTES_A - 1);
  wire [10:0] first_b = place_b[13:3] & ~11'(BYTES_B - 1);
  wire [3:0] marked_a = on_a && WEA ? (BYTES_A == 1 ? 4'b1 : place_a[3:0] & 4'((1 << BYTES_A) - 1)) : 4'b0;
  wire [3:0] marked_b = on_b && WEB ? (BYTES_B == 1 ? 4'b1 : place_b[3:0] & 4'((1 << BYTES_B) - 1)) : 4'b0;
  wire [2:0] shift_a = DATA_WIDTH_A == 4 ? {place_a[2], 2'b0} : DATA_WIDTH_A == 2 ? {place_a[2:1], 1'b0} :
    DATA_WIDTH_A == 1 ? place_a[2:0] : 3'b0;
  wire [2:0] shift_b = DATA_WIDTH_B == 4 ? {place_b[2], 2'b0} : DATA_WIDTH_B == 2 ? {place_b[2:1], 1'b0} :
    DATA_WIDTH_B == 1 ? place_b[2:0] : 3'b0;
  wire [8:0] mask_a = DATA_WIDTH_A < 9 ? 9'((1 << DATA_WIDTH_A) - 1) : 9'h1ff;
  wire [8:0] spot_a = mask_a << shift_a;
  wire [8:0] mask_b = DATA_WIDTH_B < 9 ? 9'((1 << DATA_WIDTH_B) - 1) : 9'h1ff;
  wire [8:0] spot_b = mask_b << shift_b;

  reg [8:0] bytes [0:2047];
  reg [35:0] out_a = 36'h0, out_b = 36'h0;
  integer n;
  initial for (n = 0; n < 2048; n = n + 1) bytes[n] = INITVAL[10*n-n%2+:9];

  // Whether one of the bytes at `first` is among those that the other port writes.
  function automatic met(input [10:0] first, input integer count, input [10:0] written, input [3:0] marked);
    met = 1'b0;
    for (int k = 0; k < 4; k++)
      for (int j = 0; j < 4; j++)
        if (k < count && marked[j] && first + 11'(k) == written + 11'(j)) met = 1'b1;
  endfunction

  always @(posedge CLKA, posedge CLKB) begin
    if (RESETMODE != "SYNC" && (RSTA || RSTB)) $fatal(1, "DP16KD: this model has no asynchronous reset");
    if (RSTA) out_a <= 36'h0;
    else if (on_a && (!WEA || WRITEMODE_A == "READBEFOREWRITE"))
      for (int k = 0; k < BYTES_A; k++)
        out_a[9*k+:9] <= (bytes[first_a+11'(k)] >> shift_a & mask_a) ^ {9{met(first_a, BYTES_A, first_b, marked_b)}};
    if (RSTB) out_b <= 36'h0;
    else if (on_b && (!WEB || WRITEMODE_B == "READBEFOREWRITE"))
      for (int k = 0; k < BYTES_B; k++)
        out_b[9*k+:9] <= (bytes[first_b+11'(k)] >> shift_b & mask_b) ^ {9{met(first_b, BYTES_B, first_a, marked_a)}};
    for (int k = 0; k < 4; k++) begin
      if (marked_a[k])
        bytes[first_a+11'(k)] <= (bytes[first_a+11'(k)] & ~spot_a) | (data_a[9*k+:9] << shift_a & spot_a);
      if (marked_b[k])
        bytes[first_b+11'(k)] <= (bytes[first_b+11'(k)] & ~spot_b) | (data_b[9*k+:9] << shift_b & spot_b);
    end
  end

  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0} = DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0} = DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];
endmodule

// Multiplier, with registers for both factors, or none, and for the product. They have one clock, always load and are
// never reset.
module MULT18X18D (
  input A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
  input B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
  input C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
  input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0,
  output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
  P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
  parameter REG_INPUTA_CLK = "NONE";
  parameter REG_INPUTB_CLK = "NONE";
  parameter REG_OUTPUT_CLK = "NONE";
  parameter GSR = "ENABLED";

  initial
    if (REG_INPUTA_CLK != REG_INPUTB_CLK || (REG_OUTPUT_CLK != "NONE" && REG_OUTPUT_CLK != "CLK0")
        || (REG_INPUTA_CLK != "NONE" && REG_INPUTA_CLK != "CLK0"))
      $fatal(1, "MULT18X18D: this model has no such mode");
  // Signs and enables are constant in what is made of this.
  always @(posedge CLK0)
    if (!CE0 || RST0) $fatal(1, "MULT18X18D: this model has no enable and no reset");

  wire [17:0] in_a = {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire [17:0] in_b = {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  reg [17:0] held_a = 18'h0, held_b = 18'h0;
  reg [35:0] held_p = 36'h0;
  wire [17:0] a = REG_INPUTA_CLK == "NONE" ? in_a : held_a;
  wire [17:0] b = REG_INPUTB_CLK == "NONE" ? in_b : held_b;
  wire signed [35:0] wide_a = {{18{SIGNEDA & a[17]}}, a}, wide_b = {{18{SIGNEDB & b[17]}}, b};
  wire [35:0] product = wide_a * wide_b;
  always @(posedge CLK0) begin
    held_a <= in_a;
    held_b <= in_b;
    held_p <= product;
  end
  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
    P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = REG_OUTPUT_CLK == "NONE" ? product : held_p;
endmodule
