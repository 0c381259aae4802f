# The catalogue. Nix evaluates a file once: however many hosts a flake has, each file of the catalogue is read once.
import ./read.nix ../../catalogue
