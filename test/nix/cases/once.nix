# Imported twice, and one module all the same.
{
  x = [ 1 ];
}
