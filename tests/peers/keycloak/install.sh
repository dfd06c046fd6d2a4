#!/usr/bin/env bash
# Puts a Keycloak into .installed beside this file: fetched by its digest, built for what tests use
# of it, with the realms of `realms` in its database. `make keycloak` calls it.
set -euo pipefail
version=26.7.3
digest=77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47
source=https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/$version/keycloak-quarkus-dist-$version.tar.gz

cd "$(dirname "$0")"
home=.installed/keycloak
if ! command -v java >/dev/null; then
  echo "java is not installed. On Debian and Ubuntu: apt-get install default-jre-headless" >&2
  exit 1
fi
# These processes live shortly: compiling much costs more than it saves.
export JAVA_OPTS="-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8"

logged() { "$@" >.installed/log 2>&1 || { cat .installed/log >&2; exit 1; }; }

# The stamps are the last things written, so what was interrupted is done again.
if [[ $(cat .installed/.built 2>/dev/null) != "$digest" ]]; then
  rm -rf .installed
  mkdir -p "$home"
  echo "Fetching Keycloak $version (170 MB) ..."
  curl --fail --silent --show-error --location --retry 2 \
    --connect-timeout 10 --output .installed/archive "$source"
  echo "$digest  .installed/archive" | sha256sum --check --quiet
  tar -xzf .installed/archive -C "$home" --strip-components=1
  rm .installed/archive
  echo "Building it ..."
  logged "$home/bin/kc.sh" build --db=dev-file --https-client-auth=request \
    --features-disabled=account,admin,kerberos,organization,persistent-user-sessions,workflows
  echo "$digest" >.installed/.built
fi

echo "Importing its realms ..."
rm -rf "$home/data" .installed/.set-up
logged "$home/bin/kc.sh" import --optimized --cache=local --dir=realms
touch .installed/.set-up
