# Completion of docker-tls-openssl for fish. `docker-tls-openssl completion fish` prints it. It evaluates no word, no file and no name
# of one.

# Whether the words before the cursor begin with those of a command.
function __docker_tls_openssl_at
    set -l words (commandline -opc | string match --invert -- '-*')
    set -l most (count $argv)
    test $most -eq 0; and return
    set -e words[1]
    test (count $words) -ge $most; and test "$words[1..$most]" = "$argv"
end

# Whether the words before the cursor are those of a command, and no more.
function __docker_tls_openssl_after
    set -l words (commandline -opc | string match --invert -- '-*')
    set -e words[1]
    test "$words" = "$argv"
end

# Prints the names in folders of the certificate directory that --name takes.
function __docker_tls_openssl_names
    set -l dir docker-tls
    set -l words (commandline -opc)
    for at in (seq (count $words))
        if string match --quiet -- '--dir=*' $words[$at]
            set dir (string replace -- --dir= '' $words[$at])
        else if test "$words[$at]" = --dir -a (count $words) -gt $at
            set dir $words[(math $at + 1)]
        end
    end
    set dir (string replace --regex '^(~|\$HOME)(?=/|$)' "$HOME" -- $dir)
    for folder in $argv
        for path in $dir/$folder/*/
            string match --regex --groups-only '/([a-z0-9][a-z0-9._-]*)/\z' -- $path
        end
    end
end

function __docker_tls_openssl_contexts
    set -l config "$DOCKER_CONFIG"
    test -n "$config"
    or set config $HOME/.docker
    set -l files $config/contexts/meta/*/meta.json
    test (count $files) -gt 0
    and @contexts@ $files 2> /dev/null
end

complete -c docker-tls-openssl -e
complete -c docker-tls-openssl -f
@completions@
