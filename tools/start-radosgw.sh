#!/usr/bin/env bash
# A real server that speaks S3, for live tests: Ceph's gateway over one monitor and one object store, from Debian's packages
# (radosgw ceph-mon ceph-osd ceph-common). All of it on loopback and on free ports, data in memory, files in a folder of its own.
#
#   tools/start-radosgw.sh start    prints what live tests and `stop` want in their environment, as lines NAME=value
#   tools/start-radosgw.sh stop     ends what was started in RADOSGW_DIR and removes that folder; nothing if that is not set
#   tools/start-radosgw.sh offer    installs the packages if need be and starts; if that cannot be, says why and prints nothing
set -euo pipefail

dir=${RADOSGW_DIR:-}
bucket=millrace-live
daemons=(rgw osd mon)
packages=(radosgw ceph-mon ceph-osd ceph-common)
tools=(radosgw radosgw-admin ceph ceph-mon ceph-osd ceph-authtool monmaptool)

fail() {
  echo "start-radosgw: $*" >&2
  exit 1
}

# Only what is ours: a pid may have been given to another process since.
end_daemons() {
  local daemon pid
  for daemon in "${daemons[@]}"; do
    [ -s "$dir/$daemon.pid" ] || continue
    pid=$(cat "$dir/$daemon.pid")
    grep -qzF "$dir/ceph.conf" "/proc/$pid/cmdline" 2> /dev/null || continue
    kill "$pid" 2> /dev/null || continue
    for _ in $(seq 50); do
      kill -0 "$pid" 2> /dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2> /dev/null || true
  done
}

stop() {
  [ -n "$dir" ] || return 0
  [ -s "$dir/ceph.conf" ] || fail 'RADOSGW_DIR names no folder that `start` has made'
  end_daemons
  rm -rf "$dir"
}

# Tries a command until it succeeds, for so many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

# Nobody listens there now; the kernel gives these out to clients, so another one may still be faster.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 10000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
  fail 'no free port was found'
}

background() {
  local name=$1
  shift
  # No descriptor of the caller stays open: whoever reads our output would wait for the daemon to end.
  setsid "$@" < /dev/null > "$dir/log/$name.out" 2>&1 &
  echo $! > "$dir/$name.pid"
}

configure() {
  cat > "$dir/ceph.conf" << CONF
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port
mon initial members = a
public addr = 127.0.0.1
public network = 127.0.0.0/8
# Without authentication the gateway does not start.
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
# One object store has to do.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 2147483648
log file = $dir/log/\$name.log
run dir = $dir/run
admin socket = $dir/run/\$name.asok
[mon]
mon data = $dir/mon
keyring = $dir/keyring
[client.admin]
keyring = $dir/keyring
[osd]
osd data = $dir/osd
keyring = $dir/osd/keyring
[client.rgw.a]
keyring = $dir/rgw.keyring
rgw data = $dir/run
rgw frontends = beast endpoint=127.0.0.1:$s3_port
rgw dns name = 127.0.0.1
CONF
}

start_monitor() {
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' > /dev/null
  ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' > /dev/null
  monmaptool --create --addv a "[v2:127.0.0.1:$mon_port]" --fsid "$fsid" "$dir/monmap" > /dev/null 2>&1
  ceph-mon --conf "$dir/ceph.conf" --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
  background mon ceph-mon --conf "$dir/ceph.conf" -f -i a
  within 30 timeout 5 ceph mon stat || fail "the monitor does not answer: see $dir/log"
}

start_store() {
  local id secret
  id=$(cat /proc/sys/kernel/random/uuid)
  ceph-authtool --create-keyring "$dir/osd/keyring" --gen-key -n osd.0 > /dev/null
  secret=$(awk '/key = /{print $3}' "$dir/osd/keyring")
  echo "{\"cephx_secret\":\"$secret\"}" | timeout 20 ceph osd new "$id" 0 -i - > /dev/null
  ceph-osd --conf "$dir/ceph.conf" --mkfs -i 0 --osd-uuid "$id" 2> "$dir/log/osd-mkfs.out"
  background osd ceph-osd --conf "$dir/ceph.conf" -f -i 0
}

start_gateway() {
  timeout 20 ceph auth get-or-create client.rgw.a mon 'allow *' osd 'allow *' mgr 'allow *' -o "$dir/rgw.keyring"
  background rgw radosgw --conf "$dir/ceph.conf" -f -n client.rgw.a
  within 60 bash -c "exec 3<> /dev/tcp/127.0.0.1/$s3_port" || fail "the gateway does not answer: see $dir/log"
}

# Keys of this run alone, and a bucket made by the test's own user.
make_bucket() {
  access_key=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
  secret_key=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  timeout 30 radosgw-admin --conf "$dir/ceph.conf" -n client.rgw.a user create --uid=live --display-name=live \
    --access-key="$access_key" --secret-key="$secret_key" > "$dir/log/user.out" 2>&1 || fail "no user could be made: see $dir/log"
  (
    cd "$(dirname "$0")/.."
    export AWS_ACCESS_KEY_ID=$access_key AWS_SECRET_ACCESS_KEY=$secret_key AWS_REGION=us-east-1
    timeout 30 node --input-type=module - "http://127.0.0.1:$s3_port" "$bucket" << 'JS'
const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
const [endpoint, Bucket] = process.argv.slice(2)
await new S3Client({ endpoint, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket }))
JS
  ) > "$dir/log/bucket.out" 2>&1 || fail "no bucket could be made: see $dir/log"
}

installed() {
  local tool
  for tool in "${tools[@]}"; do command -v "$tool" > /dev/null || return 1; done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Time is limited for the download, which may be cut off without harm; of the rest only something broken takes long.
install() {
  export DEBIAN_FRONTEND=noninteractive
  command -v apt-get > /dev/null || fail 'there is no apt-get'
  as_root true 2> /dev/null || fail 'installing packages needs root'
  as_root timeout 60 apt-get -qq update || fail 'apt-get update failed, or took more than 60 s'
  as_root timeout 120 apt-get -qq -y --no-install-recommends --download-only install "${packages[@]}" ||
    fail "apt-get could not get ${packages[*]}, or took more than 120 s"
  as_root timeout 180 apt-get -qq -y --no-install-recommends install "${packages[@]}" || fail 'apt-get install failed'
}

# In a process of its own: whatever ends it, one line is said and the caller goes on.
offer() {
  local why lines reason
  why=$(mktemp)
  if lines=$({ installed || "$0" install > "$why" && "$0" start; } 2>> "$why"); then
    echo "$lines"
  else
    reason=$(grep '^start-radosgw: ' "$why" | tail -n 1 | cut -c 16- || true)
    echo "The live S3 suites are skipped: ${reason:-the server did not start}" >&2
  fi
  rm -f "$why"
}

start() {
  installed || fail "apt-get install ${packages[*]} comes first"
  dir=$(mktemp -d "${TMPDIR:-/tmp}/radosgw-XXXXXX")
  mkdir "$dir"/{log,run,mon,osd}
  fsid=$(cat /proc/sys/kernel/random/uuid)
  mon_port=$(free_port)
  s3_port=$(free_port)
  export CEPH_CONF=$dir/ceph.conf
  configure
  # The logs stay.
  trap '[ $? = 0 ] || end_daemons' EXIT
  start_monitor
  start_store
  start_gateway
  make_bucket
  echo "RADOSGW_DIR=$dir"
  echo "MILLRACE_TEST_S3=http://127.0.0.1:$s3_port/$bucket"
  echo "AWS_ACCESS_KEY_ID=$access_key"
  echo "AWS_SECRET_ACCESS_KEY=$secret_key"
  echo 'AWS_REGION=us-east-1'
}

case ${1:-} in
  start | stop | offer | install) "$1" ;;
  *) fail 'say start, stop or offer' ;;
esac
