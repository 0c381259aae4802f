# Data of containers. Not the layers of images (overlay): these are pulled or built again, and what Podman notes of its
# containers is of no use without them.
{
  title = "Volumes of Podman, and NixOS containers";
  directories = [
    "/var/lib/containers/storage/volumes"
    "/var/lib/nixos-containers"
  ];
}
