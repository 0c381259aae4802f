import { testTables } from '../support/catalogue-table.ts';

/**
 * The category, with a question mark where keeping it is a matter of taste; the path, which ends in a slash where it is a
 * directory; and another type than a file's.
 */
const expectations: Readonly<Record<string, string>> = {
  'browsers: profiles are kept, their caches and locks are not': `
    home      /home/ann/.mozilla/
    home      /home/ann/.mozilla/firefox/profiles.ini
    home      /home/ann/.mozilla/firefox/abc.default/places.sqlite
    home      /home/ann/.mozilla/firefox/abc.default/cookies.sqlite
    home      /home/ann/.mozilla/firefox/abc.default/cookies.sqlite-wal
    secret    /home/ann/.mozilla/firefox/abc.default/key4.db
    secret    /home/ann/.mozilla/firefox/abc.default/logins.json
    cache     /home/ann/.mozilla/firefox/abc.default/startupCache/x
    cache     /home/ann/.mozilla/firefox/abc.default/gmp-widevinecdm/4.10/libwidevinecdm.so
    log       /home/ann/.mozilla/firefox/abc.default/minidumps/
    log       /home/ann/.mozilla/firefox/Crash Reports/InstallTime2024
    runtime   /home/ann/.mozilla/firefox/abc.default/.parentlock
    runtime   /home/ann/.mozilla/firefox/abc.default/lock  symlink
    home      /home/ann/.config/mozilla/firefox/abc.default/prefs.js
    home      /home/ann/.var/app/org.mozilla.firefox/.mozilla/firefox/abc.default/prefs.js
    secret    /home/ann/.var/app/org.mozilla.firefox/.mozilla/firefox/abc.default/key4.db
    cache     /home/ann/.var/app/org.mozilla.firefox/cache/mozilla/firefox/
    home      /home/ann/snap/firefox/common/.mozilla/firefox/abc.default/places.sqlite
    home      /home/ann/.librewolf/abc.default/places.sqlite
    home      /home/ann/.zen/abc.Default/places.sqlite
    home      /home/ann/.var/app/app.zen_browser.zen/.zen/profiles.ini
    home      /home/ann/.local/share/tor-browser/
    home      /home/ann/.config/chromium/Default/Preferences
    home      /home/ann/.config/chromium/Default/Cookies
    secret    /home/ann/.config/chromium/Default/Login Data
    cache     /home/ann/.config/chromium/Default/GPUCache/data_0
    cache     /home/ann/.config/chromium/Default/Service Worker/CacheStorage/x
    cache     /home/ann/.config/chromium/WidevineCdm/4.10/manifest.json
    log       /home/ann/.config/chromium/Crash Reports/
    runtime   /home/ann/.config/chromium/SingletonLock  symlink
    home      /home/ann/.config/BraveSoftware/Brave-Browser/Local State
    secret    /home/ann/.config/BraveSoftware/Brave-Browser/Profile 1/Login Data
    runtime   /home/ann/.config/BraveSoftware/Brave-Browser/SingletonCookie  symlink
    home      /home/ann/.var/app/com.google.Chrome/config/google-chrome/Default/Bookmarks
    cache     /home/ann/.var/app/com.google.Chrome/config/google-chrome/Default/Code Cache/js/x
    home      /home/ann/.config/vivaldi/Default/Notes
    home      /home/ann/.local/share/qutebrowser/history.sqlite
    cache     /home/ann/.local/share/qutebrowser/webengine/GPUCache/x
    secret    /home/ann/.pki/nssdb/key4.db`,

  'shells: what was typed is kept, what is compiled from it is not': `
    home      /home/ann/.bash_history
    home      /root/.bash_history
    home      /home/ann/.zsh_history
    cache     /home/ann/.zcompdump-host-5.9
    home      /home/ann/.cache/zsh/history
    cache     /home/ann/.cache/zsh/zcompdump
    home      /home/ann/.local/share/fish/fish_history
    home      /home/ann/.config/fish/fish_variables
    cache     /home/ann/.local/share/fish/generated_completions/
    home      /home/ann/.config/nushell/history.sqlite3
    home      /home/ann/.local/share/atuin/history.db
    secret    /home/ann/.local/share/atuin/key
    home      /home/ann/.local/share/zoxide/db.zo
    home      /home/ann/.tmux/resurrect/last  symlink
    home?     /home/ann/.tmux/plugins/tpm/
    home?     /home/ann/.cache/zellij/permissions.kdl
    cache     /home/ann/.cache/zellij/0.40.1/plugins/
    home      /home/ann/.python_history
    cache     /home/ann/.wget-hsts`,

  'editors: what was written is kept, also what was never saved': `
    home      /home/ann/.local/share/nvim/telescope_history
    home?     /home/ann/.local/share/nvim/lazy/telescope.nvim/README.md
    home      /home/ann/.local/state/nvim/shada/main.shada
    home      /home/ann/.local/state/nvim/swap/%home%ann%notes.txt.swp
    log       /home/ann/.local/state/nvim/log
    log       /home/ann/.local/state/nvim/lsp.log
    cache     /home/ann/.cache/nvim/luac/
    home?     /home/ann/.viminfo
    home      /home/ann/.emacs.d/auto-save-list/.saves-1-host~
    cache     /home/ann/.emacs.d/eln-cache/29.1/x.eln
    home      /home/ann/.config/Code/User/settings.json
    home      /home/ann/.config/Code/Backups/1/untitled/x
    home      /home/ann/.config/Code/User/globalStorage/state.vscdb
    cache     /home/ann/.config/Code/CachedProfilesData/x
    log       /home/ann/.config/Code/logs/
    home      /home/ann/.vscode/extensions/extensions.json
    cache     /home/ann/.vscode-server/bin/abc/node
    home      /home/ann/.var/app/com.vscodium.codium/config/VSCodium/User/settings.json
    cache     /home/ann/.var/app/com.vscodium.codium/config/VSCodium/CachedData/
    home      /home/ann/.local/share/zed/db/0-stable/db.sqlite
    cache     /home/ann/.local/share/zed/languages/rust-analyzer/
    home?     /home/ann/.cache/JetBrains/IntelliJIdea2024.1/LocalHistory/changes.storageData
    cache     /home/ann/.cache/JetBrains/IntelliJIdea2024.1/caches/
    secret    /home/ann/.android/adbkey
    home      /home/ann/.local/share/org.gnome.TextEditor/drafts/x
    home      /home/ann/.config/obsidian/obsidian.json
    home      /home/ann/.config/joplin-desktop/database.sqlite
    cache     /home/ann/.config/joplin-desktop/cache/x`,

  'mail: folders, accounts and what is not yet sent are kept': `
    home      /home/ann/.thunderbird/abc.default/Mail/Local Folders/Inbox
    secret    /home/ann/.thunderbird/abc.default/logins.json
    cache     /home/ann/.thunderbird/abc.default/startupCache/
    runtime   /home/ann/.thunderbird/abc.default/lock  symlink
    home      /home/ann/snap/thunderbird/common/.thunderbird/abc.default/prefs.js
    home      /home/ann/.local/share/evolution/mail/local/.#evolution
    cache     /home/ann/.cache/evolution/mail/
    home      /home/ann/.local/share/geary/account_01/geary.db
    cache     /home/ann/.local/share/geary/account_01/attachments/1
    home      /home/ann/Maildir/new/1
    secret    /home/ann/.config/aerc/accounts.conf
    secret    /home/ann/.mbsyncrc
    home      /home/ann/.mbsync/:home:ann
    home      /home/ann/.msmtpqueue/2024.mail
    log       /home/ann/.msmtp.log
    secret    /home/ann/.config/protonmail/bridge-v3/vault.enc
    log       /home/ann/.local/share/protonmail/bridge-v3/logs/x.log
    home      /home/ann/.local/share/akonadi/db_data/ibdata1
    home      /home/ann/.local/share/vdirsyncer/status/x`,

  'chat: logins, keys and what others said are kept': `
    home      /home/ann/.config/Signal/sql/db.sqlite
    secret    /home/ann/.config/Signal/config.json
    log       /home/ann/.config/Signal/logs/app.log
    home      /home/ann/.var/app/org.signal.Signal/config/Signal/sql/db.sqlite
    home      /home/ann/.local/share/TelegramDesktop/tdata/settingss
    secret    /home/ann/.local/share/TelegramDesktop/tdata/key_datas
    cache     /home/ann/.local/share/TelegramDesktop/tdata/user_data/media_cache/0/binlog
    home      /home/ann/.config/discord/Local Storage/leveldb/000003.log
    cache     /home/ann/.config/discord/0.0.40/modules/
    home      /home/ann/.config/discord/settings.json
    home      /home/ann/.config/vesktop/sessionData/Local Storage/leveldb/CURRENT
    home      /home/ann/.config/Element/EventStore/events.db
    home      /home/ann/.local/share/fractal/x/matrix-sdk-crypto.sqlite3
    home      /home/ann/.config/Slack/storage/root-state.json
    log       /home/ann/.config/Slack/logs/default/
    log       /home/ann/.zoom/logs/x
    home      /home/ann/.weechat/logs/irc.oftc.#x.weechatlog
    secret    /home/ann/.config/weechat/sec.conf
    home      /home/ann/.config/hexchat/logs/oftc/#x.log
    home      /home/ann/.purple/logs/jabber/x.html
    secret    /home/ann/.purple/accounts.xml
    home      /home/ann/.local/share/dino/omemo.db
    secret    /home/ann/.config/tox/ann.tox
    home      /home/ann/.local/share/Mumble/mumble.sqlite`,

  'keys and passwords are secret, and what belongs to running programs is not': `
    secret    /home/ann/.local/share/keyrings/login.keyring
    secret    /home/ann/.local/share/keyrings/user.keystore
    secret    /home/ann/.local/share/kwalletd/kdewallet.kwl
    home      /home/ann/.config/kwalletrc
    secret    /home/ann/.gnupg/trustdb.gpg
    runtime   /home/ann/.gnupg/S.gpg-agent  socket
    runtime   /home/ann/.gnupg/public-keys.d/pubring.db.lock
    runtime   /home/ann/.gnupg/reader_0.status
    cache     /home/ann/.gnupg/crls.d/DIR.txt
    secret    /home/ann/.ssh/config
    runtime   /home/ann/.ssh/control-host  socket
    secret    /home/ann/.local/share/password-store/web/example.gpg
    home      /home/ann/.cache/keepassxc/keepassxc.ini
    secret    /home/ann/.config/sops/age/keys.txt
    secret    /home/ann/.config/Yubico/u2f_keys
    secret    /home/ann/.tpm2_pkcs11/tpm2_pkcs11.sqlite3
    home      /home/ann/.local/share/plasma-vault/x.enc/cryfs.config
    secret    /home/ann/.smbcredentials`,

  'desktop environments: settings are kept; locks, logs and indexes are not': `
    home      /home/ann/.config/dconf/user
    home      /home/ann/.config/monitors.xml
    home      /home/ann/.config/goa-1.0/accounts.conf
    home      /home/ann/.local/share/gnome-shell/extensions/x@y/extension.js
    home?     /home/ann/.local/share/gnome-shell/application_state
    home-     /home/ann/.local/share/session_migration-ubuntu
    home?     /home/ann/.local/share/gvfs-metadata/home
    cache     /home/ann/.local/share/icc/edid-0123456789abcdef0123456789abcdef.icc
    home      /home/ann/.config/gtk-3.0/bookmarks
    home      /home/ann/.config/plasma-org.kde.plasma.desktop-appletsrc
    home      /home/ann/.config/kwinoutputconfig.json
    home      /home/ann/.config/kdeglobals
    runtime   /home/ann/.config/kdeglobals.lock
    runtime   /home/ann/.config/plasmashellrc.lock
    home?     /home/ann/.local/state/plasmashellstaterc
    home?     /home/ann/.local/share/klipper/history2.lst
    home      /home/ann/.local/share/kactivitymanagerd/resources/database
    cache     /home/ann/.local/share/baloo/index
    log       /home/ann/.local/share/sddm/wayland-session.log
    home      /home/ann/.config/kdeconnect/trusted_devices
    secret    /home/ann/.config/kdeconnect/privateKey.pem
    home      /home/ann/.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml
    home?     /home/ann/.cache/sessions/xfce4-session-host:0
    log       /home/ann/.cinnamon/glass.log
    home      /home/ann/.local/state/cosmic-comp/outputs.ron
    home      /home/ann/.local/share/hyprland/lastVersion
    home?     /home/ann/.cache/cliphist/db
    home      /home/ann/.cache/ibus/libpinyin/user.conf
    home      /home/ann/.local/share/fcitx5/rime/luna_pinyin.userdb/CURRENT
    cache     /home/ann/.local/share/fcitx5/rime/build/default.yaml
    home      /home/ann/Documents/letter.odt
    home      /home/ann/Downloads/
    home      /home/ann/.config/mimeapps.list
    home?     /home/ann/.local/share/recently-used.xbel
    home?     /home/ann/.local/share/Trash/files/x
    generated /home/ann/.local/share/fonts/.uuid
    runtime   /home/ann/.dbus/session-bus/x-0
    log       /home/ann/.xsession-errors.old
    home      /home/ann/.local/state/wireplumber/default-nodes
    home      /home/ann/.config/pulse/x-default-sink
    home-     /home/ann/.config/pulse/cookie
    cache     /home/ann/.local/share/mpd/database`,

  'developers’ tools: settings, logins and what one wrote are kept, downloads are not': `
    home      /home/ann/.gitconfig
    runtime   /home/ann/.gitconfig.lock
    secret    /home/ann/.git-credentials
    secret    /home/ann/.config/gh/hosts.yml
    home      /home/ann/.config/gh/config.yml
    secret    /home/ann/.docker/config.json
    secret    /home/ann/.kube/config
    cache     /home/ann/.kube/cache/discovery/x
    secret    /home/ann/.aws/sso/cache/x.json
    home      /home/ann/.aws/config
    secret    /home/ann/.config/gcloud/credentials.db
    log       /home/ann/.config/gcloud/logs/2024.01.01/x.log
    secret    /home/ann/.azure/msal_token_cache.json
    secret    /home/ann/.terraform.d/credentials.tfrc.json
    cache     /home/ann/.terraform.d/plugin-cache/
    cache?    /home/ann/.vagrant.d/boxes/debian/
    secret    /home/ann/.npmrc
    cache     /home/ann/.npm/_cacache/index-v5/aa
    log       /home/ann/.npm/_logs/x.log
    home      /home/ann/.nvm/versions/node/v20/bin/node
    cache     /home/ann/.local/share/pnpm/store/v3/files/00/x
    secret    /home/ann/.cargo/credentials.toml
    cache     /home/ann/.cargo/registry/src/x/Cargo.toml
    home      /home/ann/.cargo/bin/rg
    home      /home/ann/.cargo/config.toml
    home      /home/ann/.rustup/toolchains/stable/bin/rustc
    cache     /home/ann/go/pkg/mod/cache/download/x
    home      /home/ann/go/src/own/main.go
    home      /home/ann/.local/share/pipx/venvs/black/bin/black
    secret    /home/ann/.pypirc
    home      /home/ann/miniconda3/bin/python
    cache     /home/ann/miniconda3/pkgs/python.conda
    runtime   /home/ann/.local/share/jupyter/runtime/kernel-1.json
    secret    /home/ann/.m2/settings.xml
    cache     /home/ann/.m2/repository/org/x.jar
    cache     /home/ann/.gradle/wrapper/dists/gradle-8/x
    log       /home/ann/.gradle/daemon/8.5/daemon-1.out.log
    cache     /home/ann/.nuget/packages/x/1.0/x.dll
    secret    /home/ann/.microsoft/usersecrets/x/secrets.json
    cache     /home/ann/.cabal/packages/hackage.haskell.org/01-index.tar
    secret    /home/ann/.erlang.cookie
    home      /home/ann/.julia/environments/v1.10/Manifest.toml
    home      /home/ann/.julia/logs/repl_history.jl
    cache     /home/ann/.julia/compiled/v1.10/x.ji
    home      /home/ann/.local/share/direnv/allow/abc
    cache     /home/ann/projects/x/.direnv/flake-profile-1  symlink
    home      /home/ann/projects/x/.envrc
    home      /home/ann/.local/state/nix/profiles/profile  symlink
    home      /home/ann/.local/share/nix/trusted-settings.json
    secret    /home/ann/.config/cachix/cachix.dhall
    home      /home/ann/.config/Postman/storage/x
    secret    /home/ann/.local/share/DBeaverData/workspace6/General/.dbeaver/credentials-config.json
    home      /home/ann/.config/unity3d/Studio/Game/save.dat
    log       /home/ann/.config/unity3d/Studio/Game/Player.log
    cache     /home/ann/.config/unity3d/cache/npm/x`,

  'AI tools: conversations and logins are kept, models are a matter of taste': `
    home      /home/ann/.claude.json
    secret    /home/ann/.claude/.credentials.json
    home      /home/ann/.claude/projects/-home-ann/x.jsonl
    log       /home/ann/.claude/debug/x.txt
    cache     /home/ann/.claude/shell-snapshots/x.sh
    cache     /home/ann/.local/share/claude/versions/1.0.1
    secret    /home/ann/.codex/auth.json
    home      /home/ann/.codex/sessions/2025/x.jsonl
    secret    /home/ann/.gemini/oauth_creds.json
    secret    /home/ann/.config/github-copilot/apps.json
    secret    /home/ann/.local/share/opencode/auth.json
    log       /home/ann/.local/share/opencode/log/x.log
    home      /home/ann/.config/io.datasette.llm/logs.db
    cache?    /home/ann/.ollama/models/blobs/sha256-x
    secret    /home/ann/.ollama/id_ed25519
    home      /home/ann/.ollama/history
    cache?    /home/ann/.cache/huggingface/hub/models--x/
    secret    /home/ann/.cache/huggingface/token
    cache?    /home/ann/.lmstudio/models/x/y.gguf
    home      /home/ann/.lmstudio/conversations/x.json`,

  'games: saves are kept; games, shaders and assets come again': `
    home      /home/ann/.local/share/Steam/userdata/1/x
    home      /home/ann/.local/share/Steam/steamapps/compatdata/1/pfx/drive_c/users/steamuser/save
    home      /home/ann/.local/share/Steam/steamapps/common/Game/game
    cache     /home/ann/.local/share/Steam/steamapps/shadercache/1/x
    cache     /home/ann/.local/share/Steam/ubuntu12_32/steam-runtime/run.sh
    secret    /home/ann/.local/share/Steam/config/loginusers.vdf
    log       /home/ann/.local/share/Steam/logs/x.txt
    home      /home/ann/.var/app/com.valvesoftware.Steam/.local/share/Steam/userdata/1/x
    home      /home/ann/.steam/registry.vdf
    runtime   /home/ann/.steampid  symlink
    home      /home/ann/.local/share/PrismLauncher/instances/a/.minecraft/saves/w/level.dat
    cache     /home/ann/.local/share/PrismLauncher/assets/objects/00/x
    log       /home/ann/.local/share/PrismLauncher/instances/a/.minecraft/logs/latest.log
    secret    /home/ann/.local/share/PrismLauncher/accounts.json
    cache     /home/ann/.var/app/org.prismlauncher.PrismLauncher/data/PrismLauncher/libraries/x
    home      /home/ann/.wine/drive_c/users/ann/save
    cache     /home/ann/.wine/drive_c/windows/temp/x
    home      /home/ann/.config/retroarch/saves/x.srm
    cache     /home/ann/.config/retroarch/cores/x.so
    home      /home/ann/.local/share/dolphin-emu/GC/MemoryCardA.USA.raw
    home      /home/ann/.factorio/saves/x.zip
    log       /home/ann/.factorio/factorio-current.log
    secret    /home/ann/.config/heroic/legendaryConfig/legendary/user.json
    secret    /home/ann/.config/sunshine/sunshine_state.json`,

  'media and office: libraries and what is not yet saved are kept': `
    home      /home/ann/.local/state/mpv/watch_later/0123
    secret    /home/ann/.cache/spotify-player/credentials.json
    secret    /home/ann/.config/obs-studio/basic/profiles/Untitled/service.json
    log       /home/ann/.config/obs-studio/logs/x.txt
    cache     /home/ann/.kodi/userdata/Thumbnails/0/x.jpg
    home      /home/ann/.kodi/userdata/Database/MyVideos121.db
    home      /home/ann/.config/darktable/library.db
    cache     /home/ann/.config/GIMP/2.10/tmp/x
    home      /home/ann/.local/share/krita/paintoppresets/x.kpp
    home      /home/ann/.config/blender/4.1/config/userpref.blend
    home      /home/ann/Calibre Library/metadata.db
    home      /home/ann/Zotero/zotero.sqlite
    home      /home/ann/.local/share/Anki2/User 1/collection.anki2
    home      /home/ann/.config/libreoffice/4/user/registrymodifications.xcu
    cache     /home/ann/.config/libreoffice/4/cache/x
    runtime   /home/ann/.config/libreoffice/4/.lock
    home      /home/ann/.local/share/okular/docdata/x.xml
    home      /home/ann/.local/share/newsboat/cache.db
    secret    /home/ann/.bitcoin/wallets/w/wallet.dat
    secret    /home/ann/.electrum/wallets/default_wallet
    cache?    /home/ann/.bitcoin/blocks/blk00000.dat
    home      /home/ann/.config/freetube/x
    home      /home/ann/.task/pending.data`,

  'folders that a user named keep their meaning, whatever their names': `
    home      /home/ann/.mail/work/logs/cur/1
    home      /home/ann/.thunderbird/abc.default/Mail/Local Folders/Cache
    secret    /home/ann/.password-store/web/cache/example.gpg
    home      /home/ann/.purple/logs/jabber/ann/x.html`,

  'synchronisation, remote control and virtual machines': `
    home      /home/ann/.config/Nextcloud/nextcloud.cfg
    log       /home/ann/.local/share/Nextcloud/logs/x.log
    home      /home/ann/.dropbox/instance1/config.dbx
    cache     /home/ann/Dropbox/.dropbox.cache/x
    secret    /home/ann/.config/onedrive/refresh_token
    secret    /home/ann/.config/kopia/repository.config.kopia-password
    home      /home/ann/.config/qBittorrent/qBittorrent.conf
    home      /home/ann/.local/share/qBittorrent/BT_backup/x.fastresume
    log       /home/ann/.local/share/qBittorrent/logs/qbittorrent.log
    secret    /home/ann/.config/filezilla/sitemanager.xml
    home      /home/ann/VirtualBox VMs/a/a.vdi
    log       /home/ann/VirtualBox VMs/a/Logs/VBox.log
    log       /home/ann/.config/VirtualBox/VBoxSVC.log.1
    secret    /home/ann/.config/remmina/remmina.pref
    secret    /home/ann/.config/rustdesk/RustDesk.toml
    runtime   /home/ann/.config/touchegg/.touchegg:0.lock
    home      /home/ann/.local/share/flatpak/overrides/global
    generated /home/ann/.var/app/org.mozilla.firefox/.ld.so/ld.so.cache
    home      /home/ann/.var/app/org.gnome.Maps/data/x
    cache     /home/ann/.var/app/org.gnome.Maps/cache/x
    home      /home/ann/snap/code/common/x
    generated /home/ann/snap/code/current  symlink
    generated /home/ann/.sudo_as_admin_successful
    state?    /var/db/sudo/lectured/1000
    cache     /home/ann/.aws/cli/cache/x.json`,

  'the system and its distributions: what somebody chose is kept, what packages make is not': `
    state     /var/lib/nixos/uid-map
    secret    /var/lib/nixos/shadow
    generated /etc/shadow
    state     /etc/nixos/flake.nix
    secret    /etc/nix/netrc
    state     /nix/var/nix/profiles/system  symlink
    log       /nix/var/log/nix/drvs/00/x.drv.bz2
    secret    /etc/agenix/key.txt
    secret    /etc/ssh/initrd_host_ed25519_key
    secret    /etc/ssh/ssh_initrd_rsa_key
    state     /etc/adjtime
    secret    /boot/keyfile_nvme0n1p1
    secret    /crypto_keyfile.bin
    secret    /etc/cryptsetup-keys.d/data.key
    secret    /var/lib/sbctl/keys/db/db.key
    secret    /var/lib/sbctl/GUID
    secret    /etc/secureboot/keys/PK/PK.key
    secret    /var/lib/shim-signed/mok/MOK.der
    secret    /etc/tpm2_pkcs11/tpm2_pkcs11.sqlite3
    generated /var/lib/tpm2-tss/system/keystore/
    log       /var/log/wtmp
    log       /var/lib/lastlog/lastlog2.db
    state     /boot/grub/grubenv
    state     /boot/loader/loader.conf
    generated /boot/grub/grub.cfg
    state     /etc/dracut.conf.d/own.conf
    generated /etc/console-setup/cached_setup_font.sh
    cache     /var/lib/plymouth/boot-duration
    cache     /var/lib/dhcp/dhclient.eth0.leases
    state     /var/lib/dhcp/dhcpd.leases
    secret    /etc/netplan/50-cloud-init.yaml
    secret    /etc/wpa_supplicant/wpa_supplicant-wlan0.conf
    state     /var/cache/tuigreet/lastuser
    state     /var/lib/regreet/state.toml
    state     /var/lib/sddm/state.conf
    cache     /var/lib/sddm/.cache/x
    generated /var/lib/sddm/Desktop/
    state     /var/cache/lightdm/dmrc/ann.dmrc
    state     /var/lib/lightdm/.cache/lightdm-gtk-greeter/state
    runtime   /var/lib/lightdm/.Xauthority
    log       /var/lib/gdm/.local/share/xorg/Xorg.0.log
    state     /var/lib/flatpak/overrides/global
    cache     /var/lib/flatpak/appstream/flathub/x86_64/x
    state     /var/lib/snapd/state.json
    generated /var/lib/snapd/seccomp/bpf/snap.x.bin
    state     /var/lib/cloud/instances/i-1/sem/config_ssh
    secret    /var/lib/cloud/instances/i-1/user-data.txt
    secret    /etc/puppetlabs/puppet/ssl/private_keys/host.pem
    generated /var/lib/dpkg/status
    cache     /var/lib/apt/lists/deb.debian.org_debian_dists
    state?    /var/cache/debconf/config.dat
    secret    /etc/apt/auth.conf.d/own.conf
    secret    /var/lib/ubuntu-advantage/private/machine-token.json
    generated /var/lib/rpm/rpmdb.sqlite
    generated /var/lib/dnf/history.sqlite
    secret    /etc/pki/consumer/cert.pem
    generated /var/lib/selinux/targeted/active/policy.kern
    state     /var/lib/selinux/targeted/active/modules/400/own/cil
    log       /var/spool/abrt/ccpp-1/core
    generated /var/lib/pacman/local/bash-5.2/desc
    state     /etc/pacman.conf
    state     /etc/apk/world
    state     /var/lib/portage/world
    generated /var/db/pkg/sys-apps/x/CONTENTS
    state     /etc/lvm/backup/vg0
    state     /etc/nvme/hostnqn
    state     /var/lib/smartmontools/smartd.x.ata.state
    cache     /var/lib/smartmontools/drivedb/drivedb.h
    state     /etc/firewalld/zones/home.xml
    state     /etc/systemd/system/own.service
    state     /etc/systemd/system/nginx.service.d/limits.conf
    state     /etc/sudoers.d/own
    state     /etc/udev/rules.d/99-own.rules`,
};

testTables(expectations);
