# Services whose data directory is an option: its name and default upstream. `{ }`: of these only `enable` is declared.
{
  forgejo.stateDir = "/var/lib/forgejo";
  gitea.stateDir = "/var/lib/gitea";
  grafana.dataDir = "/var/lib/grafana";
  jellyfin.dataDir = "/var/lib/jellyfin";
  mysql.dataDir = "/var/lib/mysql";
  postgresql.dataDir = "/var/lib/postgresql/17";
  syncthing.dataDir = "/var/lib/syncthing";
  tailscale = { };
  vaultwarden = { };
}
