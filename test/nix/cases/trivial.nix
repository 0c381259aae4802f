# What a value is, and small functions.
lib: {
  pipe = lib.pipe 1 [
    (x: x + 1)
    (x: x * 2)
  ];
  flip = lib.flip (a: b: a - b) 1 2;
  minmax = [
    (lib.min 1 2)
    (lib.max 1 2)
  ];
  mapNullable = map (lib.mapNullable (x: x + 1)) [
    null
    1
  ];
  isFunction = map lib.isFunction [
    (x: x)
    { __functor = self: x: x; }
    { }
    1
  ];
  functionArgs = lib.functionArgs (
    {
      a,
      b ? 1,
      ...
    }:
    a + b
  );
  assertMsg = [
    (lib.assertMsg true "no")
    (builtins.tryEval (lib.assertMsg false "no"))
  ];
  throwIf = [
    (lib.throwIf false "no" 1)
    (builtins.tryEval (lib.throwIf true "no" 1))
  ];
  isDerivation = map lib.isDerivation [
    { type = "derivation"; }
    { }
    1
  ];
  isStorePath = map lib.isStorePath [
    "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-a"
    "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-a/b"
    "/etc"
    1
  ];
  getExe = lib.getExe {
    type = "derivation";
    pname = "a";
    outPath = "/x";
    meta.mainProgram = "b";
  };
  isType = [
    (lib.isType "a" { _type = "a"; })
    (lib.isType "a" { })
  ];
  importTOML = lib.importTOML ../../../catalogue/age.toml;
}
