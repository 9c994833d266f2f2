#compdef docker-tls-openssl
# Completion of docker-tls-openssl for zsh. `docker-tls-openssl completion zsh` prints it. It evaluates no word, no file and no name
# of one.

# Offers the names in folders of the certificate directory that --name takes.
_docker_tls_openssl_names() {
  local folder dir=${opt_args[--dir]:-docker-tls}
  local -a found
  # _arguments puts a backslash before colons and backslashes.
  dir=${(Q)${dir//\\\\/\\}//\\:/:}
  case $dir in
    \~ | \~/*) dir=$HOME${dir#\~} ;;
    '$HOME' | '$HOME/'*) dir=$HOME${dir#\$HOME} ;;
  esac
  for folder; do found+=($dir/$folder/*(N-/:t)); done
  found=(${found:#*[^a-z0-9._-]*})
  found=(${found:#[._-]*})
  _wanted names expl name compadd -a found
}

_docker_tls_openssl_contexts() {
  local -a files found
  files=(${DOCKER_CONFIG:-$HOME/.docker}/contexts/meta/*/meta.json(N))
  (( $#files )) || return 1
  found=(${(f)"$(@contexts@ $files 2> /dev/null)"})
  _wanted contexts expl context compadd -a found
}

@functions@

if [[ $funcstack[1] == _docker-tls-openssl ]]; then
  _docker_tls_openssl "$@"
else
  compdef _docker_tls_openssl docker-tls-openssl
fi
