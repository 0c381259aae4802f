# What the scripts of the tests have in common, in the Python of nixpkgs' test driver.
''
  import json


  def boot() -> None:
      machine.start()
      machine.wait_for_unit("multi-user.target")


  def reboot() -> None:
      machine.shutdown()
      boot()


  def old_roots() -> list:
      return json.loads(machine.succeed("ebb ls --json"))["oldRoots"]


  def newest() -> str:
      return max(old_roots(), key=lambda root: root["sequence"])["name"]


  def lost() -> list:
      return machine.succeed("ebb diff --format paths").splitlines()


  def content(path: str) -> str:
      return machine.succeed(f"cat {path}").strip()


  def assert_reset_and_restored() -> None:
      """What was written to the root is gone after a boot, lies in an old root, and comes back from there."""
      before = len(old_roots())
      machine.succeed("mkdir -p /srv && echo lost >/srv/notes.txt", "echo kept >/persist/notes.txt")
      assert "/srv/notes.txt" in lost(), lost()
      assert machine.execute("ebb check")[0] == 1
      reboot()
      machine.fail("test -e /srv/notes.txt")
      assert content("/persist/notes.txt") == "kept"
      assert len(old_roots()) == before + 1, old_roots()
      assert "/srv/notes.txt" not in lost()
      machine.succeed("ebb restore /srv/notes.txt")
      assert content("/srv/notes.txt") == "lost"
''
