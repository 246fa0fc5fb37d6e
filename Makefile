# Every target brings up .venv by itself. `make` alone lists the targets.

VENV   ?= .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready
JOBS   ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test lint format bench regress mutate docs examples cells fpga netlist verilog sim serial selftest full train accuracy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## make .venv with every dependency
	@echo "superlane: $(VENV) is ready"

$(READY): pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh $(VENV)
	@touch $@

test: $(READY) ## layers and the fast tests (ARGS="-k name" for some of them)
	$(PYTHON) -m pytest -q -n $(JOBS) -m "not slow" $(ARGS)

lint: $(READY) ## ruff and pyright
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(PYTHON) -m pyright

format: $(READY) ## let ruff repair and lay out FILES (default: everything)
	$(PYTHON) -m ruff check --fix $(or $(FILES),.)
	$(PYTHON) -m ruff format $(or $(FILES),.)

bench: $(READY) ## measure the golden model, and what the compiler makes of the machine (ARGS=--rtl: the hardware under Verilator; --cells: its parts in FPGAs)
	$(PYTHON) -m scripts.bench $(ARGS)

regress: $(READY) ## onnx's node tests, and random programs on the chip under Verilator, resumable (ARGS="--machine nano --seeds 20")
	$(PYTHON) -m scripts.regress $(ARGS)

mutate: $(READY) ## put faults into the hardware, one at a time, and see the tests catch each; resumable
	$(PYTHON) -m scripts.mutate --jobs $(JOBS) $(ARGS)

docs: $(READY) ## write the generated pages of docs/
	$(PYTHON) -m scripts.docs $(ARGS)

examples: $(READY) ## run every example and compare it with its expectation
	$(PYTHON) -m scripts.examples $(ARGS)

sim: $(READY) ## run quantized networks on real images in the hardware (WAVES=1 writes waveforms)
	$(PYTHON) -m scripts.sim --jobs $(JOBS) $(if $(WAVES),--waves) $(ARGS)

serial: $(READY) ## run a network on a simulated board, over its serial line (ARGS="--noise 0.0001")
	$(PYTHON) -m scripts.serial --jobs $(JOBS) $(ARGS)

selftest: $(READY) ## write a chip that tests itself from a ROM, as Verilog: PROGRAM=file OUT=folder (ARGS="--input x.npy")
	$(PYTHON) -m scripts.selftest '$(PROGRAM)' $(if $(PRESET),--preset '$(PRESET)') $(if $(OUT),--out '$(OUT)') $(ARGS)

full: $(READY) ## the published chip in the hardware: programs on all of it, and its figures (ARGS="--preset tiny")
	$(PYTHON) -m scripts.full --jobs $(JOBS) --threads $(JOBS) $(ARGS)

cells: $(READY) ## measure what the parts take in FPGAs and in gates, and write docs/cells.md; installs nextpnr (ARGS="--part vxm_alu")
	$(PYTHON) -m pip install -qq --disable-pip-version-check --editable '.[fpga]'
	$(PYTHON) -m scripts.cells $(ARGS)

fpga: $(READY) ## make a bitstream for a board, with cells, speed and floorplan; installs nextpnr; resumable (ARGS="--mhz 60")
	$(PYTHON) -m pip install -qq --disable-pip-version-check --editable '.[fpga]'
	$(PYTHON) -m scripts.fpga $(ARGS)

netlist: $(READY) ## run a network on the chip's cells of an ECP5 beside the RTL, every output compared in every cycle
	$(PYTHON) -m scripts.fpga --check --jobs $(JOBS) $(ARGS)

verilog: $(READY) ## export Verilog: PRESET=small UNIT=top OUT=folder (ARGS=--list lists the units)
	$(PYTHON) -m scripts.verilog $(if $(PRESET),--preset '$(PRESET)') $(if $(UNIT),--unit '$(UNIT)') \
		$(if $(OUT),--out '$(OUT)') $(ARGS)

train: $(READY) ## train a network of examples/networks: NETWORK=cnn (default: all); installs PyTorch
	$(PYTHON) -m pip install -qq --disable-pip-version-check --editable '.[train]'
	$(PYTHON) -m scripts.train $(NETWORK)

accuracy: $(READY) ## measure the accuracy of the networks and write docs/networks-accuracy.md
	$(PYTHON) -m scripts.accuracy $(ARGS)

clean: ## remove what was built, except .venv
	rm -rf build .pytest_cache .ruff_cache .hypothesis
	find . -name $(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
