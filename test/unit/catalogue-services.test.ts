import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCatalogue } from '../../src/linux/catalogue.ts';
import { testTables } from '../support/catalogue-table.ts';

const { entries } = loadCatalogue(join(import.meta.dirname, '../../catalogue'));

/**
 * The category, with a question mark where keeping it is a matter of taste; the path, which ends in a slash where it is a
 * directory; and another type than a file's.
 */
const expectations: Readonly<Record<string, string>> = {
  'what the hosts of the source document keep': `
    state     /var/lib/tailscale/
    secret    /var/lib/tailscale/tailscaled.state
    log       /var/lib/tailscale/tailscaled.log1.txt
    state     /var/lib/headscale/db.sqlite
    state     /var/lib/headscale/db.sqlite-wal
    secret    /var/lib/headscale/noise_private.key
    state     /var/lib/forgejo/
    state     /var/lib/forgejo/repositories/ann/notes.git/HEAD
    secret    /var/lib/forgejo/custom/conf/secret_key
    secret    /var/lib/forgejo/custom/conf/app.ini
    secret    /var/lib/forgejo/data/jwt/private.pem
    cache     /var/lib/forgejo/data/indexers/issues.bleve/store
    cache     /var/lib/forgejo/data/tmp/
    log       /var/lib/forgejo/log/forgejo.log
    generated /var/lib/forgejo/conf/locale  symlink
    state     /var/lib/zitadel/
    secret    /var/lib/zitadel/masterkey
    state     /var/lib/openbao/raft/raft.db
    secret    /bao-keys/
    secret    /bao-keys/unseal-1
    state     /var/lib/trilium/document.db
    secret    /var/lib/trilium/session_secret.txt
    state     /var/lib/opengist/repos/ann/1/HEAD
    cache     /var/lib/opengist/opengist.index/
    state     /var/lib/private/open-webui/webui.db
    secret    /var/lib/private/open-webui/.webui_secret_key
    cache     /var/lib/private/open-webui/hub/models--x/blobs/y
    state     /var/lib/private/n8n/.n8n/database.sqlite
    secret    /var/lib/private/n8n/.n8n/config
    cache     /var/lib/private/n8n/.cache/node/x
    generated /var/lib/n8n  symlink
    state     /var/lib/nixarr/state/sonarr/sonarr.db
    cache     /var/lib/nixarr/state/sonarr/MediaCover/1/poster.jpg
    state     /var/lib/vaultwarden/db.sqlite3
    secret    /var/lib/vaultwarden/rsa_key.pem
    secret    /var/lib/vaultwarden/config.json
    cache     /var/lib/vaultwarden/icon_cache/example.org.png
    state     /var/lib/postgresql/16/base/5/1259
    runtime   /var/lib/postgresql/16/postmaster.pid
    state     /etc/postgresql/15/main/pg_hba.conf
    state     /var/lib/fail2ban/fail2ban.sqlite3
    state     /var/lib/private/AdGuardHome/data/leases.json
    secret    /var/lib/private/AdGuardHome/AdGuardHome.yaml
    cache     /var/lib/private/AdGuardHome/data/filters/1.txt
    generated /var/lib/AdGuardHome  symlink
    state     /var/lib/dnsmasq/dnsmasq.leases
    secret    /var/lib/acme/example.org/key.pem
    secret    /etc/NetworkManager/system-connections/home.nmconnection
    secret    /boot/keyfile_nvme0n1p1
    state     /var/lib/flatpak/app/org.gnome.Maps/current
    secret    /etc/machine-id
    secret    /etc/ssh/ssh_host_ed25519_key
    secret    /etc/ssh/ssh_host_ed25519_key.pub
    state     /var/lib/nixos/uid-map`,

  'of containers the volumes are kept, the layers of images are not': `
    state     /var/lib/containers/storage/volumes/db/_data/base/1
    cache     /var/lib/containers/storage/overlay/abc/diff/etc/passwd
    cache     /var/lib/containers/storage/overlay/abc/diff/etc/ssl/private.key
    cache     /var/lib/containers/storage/overlay-images/images.json
    cache     /var/lib/containers/storage/overlay-layers/layers.json
    cache     /var/lib/containers/cache/blob-info-cache-v1.sqlite
    secret    /var/lib/containers/storage/secrets/filedriver/secretsdata.json
    state?    /var/lib/containers/storage/overlay-containers/abc/userdata/config.json
    runtime   /var/lib/containers/storage/storage.lock
    state     /etc/containers/networks/web.json
    runtime   /var/lib/cni/networks/podman/10.88.0.2
    home      /home/ann/.local/share/containers/storage/volumes/db/_data/x
    cache     /home/ann/.local/share/containers/storage/overlay/abc/diff/x
    state     /var/lib/docker/volumes/db/_data/base/1
    state     /var/lib/docker/volumes/metadata.db
    cache     /var/lib/docker/overlay2/abc/diff/root/id_rsa
    cache     /var/lib/docker/buildkit/cache.db
    cache     /var/lib/docker/image/overlay2/repositories.json
    cache     /var/lib/docker/btrfs/subvolumes/abc/etc/passwd
    state?    /var/lib/docker/containers/abc/config.v2.json
    log       /var/lib/docker/containers/abc/abc-json.log
    runtime   /var/lib/docker/containers/abc/hosts
    secret    /var/lib/docker/swarm/certificates/swarm-node.key
    cache     /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/x
    state     /var/lib/nerdctl/1935db59/volumes/default/db/_data/x
    state     /var/lib/nixos-containers/web/var/lib/postgresql/16/base/1
    secret    /var/lib/nixos-containers/web/etc/ssh/ssh_host_ed25519_key
    secret    /var/lib/nixos-containers/web/etc/machine-id
    generated /var/lib/nixos-containers/web/etc/hosts  symlink
    cache     /var/lib/nixos-containers/web/var/cache/nginx/x
    log       /var/lib/nixos-containers/web/var/log/journal/x/system.journal
    runtime   /var/lib/nixos-containers/web/run/x
    state     /etc/nixos-containers/web.conf
    state     /var/lib/machines/debian/etc/hostname
    state     /var/lib/libvirt/images/vm.qcow2
    state     /var/lib/libvirt/qemu/vm.xml
    secret    /var/lib/libvirt/swtpm/abc/tpm2/tpm2-00.permall
    runtime   /var/lib/libvirt/qemu/domain-1-vm/master-key.aes
    cache     /var/lib/libvirt/dnsmasq/virbr0.status
    state     /var/lib/incus/database/local.db
    cache?    /var/lib/incus/images/abc
    state     /var/lib/microvms/web/var.img
    state     /var/lib/rancher/k3s/server/db/state.db
    secret    /var/lib/rancher/k3s/server/token
    secret    /var/lib/rancher/k3s/server/tls/server-ca.crt
    cache     /var/lib/rancher/k3s/agent/containerd/io.containerd.content.v1.content/blobs/x
    generated /var/lib/rancher/k3s/data/abc/bin/k3s
    secret    /etc/kubernetes/pki/ca.crt
    state     /var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/x/y`,

  'what databases keep, and what they only need while they run': `
    state     /var/lib/mysql/ibdata1
    secret    /var/lib/mysql/ca-key.pem
    cache     /var/lib/mysql/ibtmp1
    secret    /etc/mysql/debian.cnf
    state     /var/lib/redis-immich/dump.rdb
    cache     /var/lib/redis-immich/temp-12.rdb
    state     /var/db/mongodb/WiredTiger.wt
    log       /var/db/mongodb/diagnostic.data/metrics.x
    state     /var/lib/influxdb2/engine/data/x
    state     /var/lib/clickhouse/store/abc/data.bin
    generated /var/lib/clickhouse/preprocessed_configs/config.xml
    secret    /var/lib/couchdb/.erlang.cookie
    state     /var/lib/couchdb/shards/0000/db.couch
    cache     /var/lib/couchdb/.shards/0000/db_design/mrview/x
    state     /var/lib/etcd/member/snap/db
    secret    /var/lib/rabbitmq/.erlang.cookie
    state     /var/lib/private/meilisearch/data.ms/x
    secret    /etc/elasticsearch/elasticsearch.keystore
    state     /var/lib/ldap/data.mdb
    state     /var/lib/openldap/db/data.mdb`,

  'what media servers and houses keep': `
    state     /var/lib/jellyfin/data/jellyfin.db
    state     /var/lib/jellyfin/metadata/library/1/poster.jpg
    cache     /var/lib/jellyfin/transcodes/x.ts
    cache?    /var/lib/jellyfin/data/trickplay/x.jpg
    cache     /var/cache/jellyfin/images/x
    secret    /var/lib/plex/Plex Media Server/Preferences.xml
    cache     /var/lib/plex/Plex Media Server/Cache/x
    state     /var/lib/sonarr/.config/NzbDrone/sonarr.db
    secret    /var/lib/sonarr/.config/NzbDrone/config.xml
    cache     /var/lib/sonarr/.config/NzbDrone/MediaCover/1/poster.jpg
    log       /var/lib/sonarr/.config/NzbDrone/logs/sonarr.txt
    state     /var/lib/private/prowlarr/prowlarr.db
    cache     /var/lib/private/prowlarr/Definitions/x.yml
    state     /var/lib/private/prowlarr/Definitions/Custom/mine.yml
    secret    /var/lib/transmission/.config/transmission-daemon/settings.json
    state     /var/lib/transmission/.config/transmission-daemon/torrents/x.torrent
    state     /var/lib/hass/home-assistant_v2.db
    secret    /var/lib/hass/.storage/auth
    secret    /var/lib/hass/secrets.yaml
    log       /var/lib/hass/home-assistant.log.1
    secret    /var/lib/zigbee2mqtt/coordinator_backup.json
    state     /var/lib/zigbee2mqtt/database.db
    state     /var/cache/zoneminder/events/1/x.mp4
    state     /var/lib/mpd/playlists/x.m3u
    cache     /var/lib/mpd/tag_cache`,

  'what sites keep': `
    state     /var/lib/nextcloud/data/ann/files/letter.odt
    secret    /var/lib/nextcloud/config/config.php
    cache     /var/lib/nextcloud/data/appdata_abc/preview/1/x.png
    log       /var/lib/nextcloud/data/nextcloud.log
    state     /var/gitlab/state/repositories/x.git/HEAD
    secret    /var/gitlab/state/config/secrets.yml
    secret    /etc/gitlab/gitlab-secrets.json
    secret    /var/lib/matrix-synapse/homeserver.signing.key
    state     /var/lib/matrix-synapse/media_store/local_content/x
    cache     /var/lib/matrix-synapse/media_store/remote_content/x
    secret    /var/lib/mastodon/secrets/vapid-private-key
    cache     /var/lib/mastodon/public-system/cache/x
    state     /var/lib/immich/library/ann/1.jpg
    cache?    /var/lib/immich/thumbs/x.webp
    secret    /var/lib/paperless/superuser-state
    state     /var/lib/private/vikunja/files/1
    cache     /var/lib/bookstack/storage/framework/views/x.php
    secret    /var/lib/bookstack/.env
    secret    /var/lib/karakeep/settings.env
    state     /var/lib/private/ollama/models/blobs/sha256-x
    secret    /var/lib/private/ollama/.ollama/id_ed25519`,

  'what mail servers keep: what waits, and keys, not their caches': `
    state     /var/lib/postfix/queue/deferred/1/1ABC
    cache     /var/lib/postfix/data/smtp_scache.db
    generated /var/lib/postfix/conf/main.cf
    state     /var/spool/postfix/active/1ABC
    generated /var/spool/postfix/etc/resolv.conf
    runtime   /var/spool/postfix/pid/master.pid
    runtime   /var/spool/postfix/private/
    secret    /etc/postfix/sasl_passwd
    state     /var/vmail/example.org/ann/cur/1
    cache     /var/vmail/example.org/ann/dovecot.index.cache
    secret    /var/dkim/example.org.mail.key
    state     /var/spool/exim4/input/x-D
    generated /var/lib/exim4/config.autogenerated
    secret    /var/lib/rspamd/dkim/example.org.x
    cache     /var/lib/rspamd/x.hsmp
    state     /var/lib/spamassassin/.spamassassin/bayes_toks
    cache     /var/lib/spamassassin/4.000001/updates_spamassassin_org.cf
    secret    /var/lib/opendkim/keys/mail.private`,

  'what networks and tunnels keep': `
    secret    /etc/wireguard/wg0.conf
    secret    /var/lib/zerotier-one/identity.secret
    state     /var/lib/zerotier-one/networks.d/1.conf
    cache     /var/lib/zerotier-one/peers.d/1.peer
    secret    /var/lib/tor/onion/site/hostname
    cache     /var/lib/tor/cached-microdescs.new
    secret    /var/lib/i2pd/router.keys
    cache     /var/lib/i2pd/netDb/r1/x.dat
    state     /var/lib/private/kea/dhcp4.leases
    secret    /var/lib/dhcpcd/duid
    cache     /var/lib/dhcp/dhclient.eth0.leases
    state     /var/lib/dhcp/dhcpd.leases
    state     /var/lib/bind/example.org.zone.jnl
    secret    /var/lib/bind/Kexample.org.+013+1.private
    state     /var/cache/bind/managed-keys.bind
    cache     /var/lib/unbound/root.key
    state     /var/lib/NetworkManager/timestamps
    secret    /var/lib/NetworkManager/secret_key
    secret    /var/lib/caddy/.local/share/caddy/certificates/x/y.json
    secret    /var/lib/traefik/acme.json
    cache     /var/cache/nginx/proxy/x
    state     /var/lib/samba/registry.tdb
    secret    /var/lib/samba/private/passdb.tdb
    secret    /var/lib/syncthing/.config/syncthing/config.xml
    runtime   /var/lib/nfs/xtab
    state     /var/lib/nfs/nfsdcltrack/main.sqlite`,

  'what belongs to every system': `
    state     /var/lib/systemd/random-seed
    state     /var/lib/systemd/timers/stamp-fstrim.timer
    state     /var/lib/systemd/linger/ann
    state     /var/lib/systemd/rfkill/pci-0000:00:14.0:bluetooth
    secret    /var/lib/systemd/credential.secret
    secret    /var/lib/systemd/home/local.private
    log       /var/lib/systemd/coredump/core.x.zst
    generated /var/lib/systemd/catalog/database
    log?      /var/log/journal/0123/system.journal
    log       /var/log/nginx/access.log
    state     /var/lib/bluetooth/AA/BB/info
    cache     /var/lib/bluetooth/AA/cache/CC
    secret    /var/lib/fprint/ann/x
    state     /var/lib/colord/mapping.db
    state     /var/lib/AccountsService/users/ann
    cache     /var/lib/fwupd/metadata/lvfs/metadata.xml.gz
    state     /etc/cups/printers.conf
    cache     /var/cache/cups/job.cache
    state     /var/lib/alsa/asound.state
    state     /var/spool/cron/crontabs/ann
    state     /var/lib/chrony/chrony.drift
    secret    /var/lib/chrony/chrony.keys
    state     /etc/zfs/zpool.cache
    state     /gnu/store/abc-hello/bin/hello
    secret    /etc/guix/signing-key.sec
    secret    /var/lib/github-runner/web/.credentials_rsaparams
    secret    /var/lib/jenkins/secrets/master.key
    cache     /var/lib/jenkins/workspace/job/x`,
};

testTables(expectations);

test('no two entries say different things of one pattern', () => {
  const first = new Map<string, { id: string; category: string }>();
  for (const { id, paths } of entries.filter((entry) => entry.id !== 'dynamic-users')) {
    for (const { patterns, category, types } of paths) {
      for (const { pattern, exact } of patterns) {
        const key = JSON.stringify([pattern, exact, types]);
        const other = first.get(key);
        assert.ok(
          !other || other.category === category,
          `${pattern}: ${other?.category} by ${other?.id}, ${category} by ${id}`,
        );
        first.set(key, { id, category });
      }
    }
  }
});

test('each link of a dynamic user leads to what another entry keeps', () => {
  const kept = new Set(entries.flatMap(({ paths }) => paths.flatMap(({ patterns }) => patterns.map((p) => p.pattern))));
  const links = entries.find(({ id }) => id === 'dynamic-users')?.paths[0]?.patterns ?? assert.fail();
  assert.deepEqual(
    links.filter(({ pattern }) => !kept.has(pattern.replace('/var/lib/', '/var/lib/private/'))),
    [],
  );
});
