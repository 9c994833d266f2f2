# Completion of docker-tls-openssl for bash 4 and later, with bash-completion or without. `docker-tls-openssl completion bash`
# prints it. It evaluates no word, no file and no name of one.

_docker_tls_openssl() {
  local typed plain full current breaks before command='' flag='' dir=docker-tls
  local subcommands='' flags='' valued=''
  local -i at=1 last given=0 most=0
  COMPREPLY=()
  _docker_tls_openssl_typed "$2"
  last=$((${#typed[@]} - 1))
  full=${typed[last]}
  current=$full

  # The command: words, until one that no command continues with.
  while _docker_tls_openssl_subcommands "$command" && ((at < last)); do
    [[ " $subcommands " == *" ${typed[at]} "* ]] || break
    command=${command:+$command }${typed[at]}
    at+=1
  done
  _docker_tls_openssl_flags "$command"

  # Its flags and its words.
  for ((; at < last; at++)); do
    case ${typed[at]} in
      --dir=*) dir=${typed[at]#*=} ;;
      -*)
        [[ " $valued " == *" ${typed[at]} "* ]] || continue
        if ((at + 1 == last)); then
          flag=${typed[at]}
        elif [[ ${typed[at]} == --dir ]]; then
          dir=${typed[at + 1]}
        fi
        at+=1
        ;;
      *) given+=1 ;;
    esac
  done
  if [[ -z $flag && $current == --*=* ]]; then
    flag=${current%%=*}
    current=${current#*=}
  fi
  _docker_tls_openssl_plain "$dir"
  dir=$plain
  _docker_tls_openssl_plain "$current"

  if [[ -n $flag ]]; then
    _docker_tls_openssl_values "$command $flag"
  elif [[ $current == -* ]]; then
    _docker_tls_openssl_offer $flags
  else
    ((given > 0)) || _docker_tls_openssl_offer $subcommands
    ((given >= most)) || _docker_tls_openssl_values "$command WORD"
  fi

  # bash replaces no more than what follows the last = or : of the word.
  breaks=${COMP_WORDBREAKS//[^=:]/}
  before=
  [[ -z $breaks || $full == *[\"\']* ]] || before=${full%"${full##*[$breaks]}"}
  for ((at = 0; at < ${#COMPREPLY[@]}; at++)); do
    [[ $full == "$current" ]] || COMPREPLY[at]=$flag=${COMPREPLY[at]}
    COMPREPLY[at]=${COMPREPLY[at]#"$before"}
  done
}

# Sets `typed` to the words up to the cursor: bash splits them at = and : too. $1: what bash replaces, the end of the last one.
_docker_tls_openssl_typed() {
  local line=$COMP_LINE rest word
  local -i i
  typed=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    rest=${line#"${line%%[![:space:]]*}"}
    if ((i == COMP_CWORD)) && [[ $word != [=:]* ]]; then word=${word%"${word#*"$1"}"}; fi
    if ((i == 0)) || [[ $rest != "$line" ]]; then
      typed+=("$word")
    else
      typed[${#typed[@]} - 1]+=$word
    fi
    line=${rest#"$word"}
  done
}

# Sets `plain` to what a word says without its quotes.
_docker_tls_openssl_plain() {
  local word=$1 quote='' character
  local -i i
  plain=
  case $word in
    \~ | \~/*) word=$HOME${word#\~} ;;
    "\$HOME" | "\$HOME/"*) word=$HOME${word#"\$HOME"} ;;
  esac
  for ((i = 0; i < ${#word}; i++)); do
    character=${word:i:1}
    case $quote$character in
      [\"\'] | \"\" | "''")
        if [[ -z $quote ]]; then quote=$character; else quote=; fi
        ;;
      \\ | \"\\)
        i+=1
        plain+=${word:i:1}
        ;;
      *) plain+=$character ;;
    esac
  done
}

_docker_tls_openssl_offer() {
  local word
  for word; do
    [[ $word != "$plain"* ]] || COMPREPLY+=("$word")
  done
}

# Offers the names in folders of the certificate directory that --name takes, which no shell reads in another way.
_docker_tls_openssl_names() {
  local folder path name LC_ALL=C
  for folder; do
    [[ -d $dir/$folder ]] || continue
    for path in "$dir/$folder"/*/; do
      name=${path%/}
      name=${name##*/}
      [[ $name == [!a-z0-9]* || $name == *[!a-z0-9._-]* ]] || _docker_tls_openssl_offer "$name"
    done
  done
}

_docker_tls_openssl_contexts() {
  local name
  while IFS= read -r name || [[ -n $name ]]; do _docker_tls_openssl_offer "$name"; done < <(
    @contexts@ "${DOCKER_CONFIG:-$HOME/.docker}"/contexts/meta/*/meta.json 2> /dev/null
  )
}

_docker_tls_openssl_hosts() {
  local name
  while IFS= read -r name || [[ -n $name ]]; do _docker_tls_openssl_offer "$name"; done < <(compgen -A hostname)
}

# Sets `subcommands` to the words that can follow a command.
_docker_tls_openssl_subcommands() {
  subcommands=
  case $1 in
@subcommands@
  esac
}

# Sets `flags` to those of a command, `valued` to those that a value follows, and `most` to how many words it takes.
_docker_tls_openssl_flags() {
  flags='--help -h --version -V'
  case $1 in
@flags@
  esac
}

# Offers what can follow a flag of a command, or be its word.
_docker_tls_openssl_values() {
  case $1 in
@values@
  esac
}

complete -F _docker_tls_openssl docker-tls-openssl
