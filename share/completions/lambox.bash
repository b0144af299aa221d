# Made from the option table by LAMBOX_WRITE_OPTION_TABLE=1 style.
_lambox() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} flags=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'serve run invoke compare runtimes rie health --help --version' -- "$current")
        return
    fi
    case $command:$before in
    serve:--config) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    serve:--host) return ;;
    serve:--port) return ;;
    serve:--keep-alive) return ;;
    serve:--async-retry-pause) return ;;
    serve:--drain-timeout) return ;;
    serve:--allowed-hosts) return ;;
    serve:--allowed-origins) return ;;
    serve:--forward-endpoint) return ;;
    serve:--auth) mapfile -t COMPREPLY < <(compgen -W 'none sigv4' -- "$current") && return ;;
    serve:--credentials) return ;;
    serve:--state-dir) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    serve:--s3-endpoint) return ;;
    serve:--era) return ;;
    serve:--region) return ;;
    serve:--account) return ;;
    serve:--isolation) mapfile -t COMPREPLY < <(compgen -W 'auto sandbox process' -- "$current") && return ;;
    serve:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    serve:--memory-limit) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    serve:--freeze) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    serve:--telemetry) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    serve:--cpu-share) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    serve:--init-cpus) return ;;
    serve:--cgroups) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$current") && return ;;
    serve:--price-rounding) mapfile -t COMPREPLY < <(compgen -W 'exact printed10' -- "$current") && return ;;
    serve:--qemu-aarch64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    serve:--qemu-x86_64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    serve:--interpreters) return ;;
    serve:--runtime-clients) return ;;
    serve:--log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error off' -- "$current") && return ;;
    run:--era) return ;;
    run:--region) return ;;
    run:--account) return ;;
    run:--isolation) mapfile -t COMPREPLY < <(compgen -W 'auto sandbox process' -- "$current") && return ;;
    run:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    run:--memory-limit) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    run:--freeze) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    run:--telemetry) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    run:--cpu-share) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    run:--init-cpus) return ;;
    run:--cgroups) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$current") && return ;;
    run:--price-rounding) mapfile -t COMPREPLY < <(compgen -W 'exact printed10' -- "$current") && return ;;
    run:--qemu-aarch64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    run:--qemu-x86_64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    run:--interpreters) return ;;
    run:--runtime-clients) return ;;
    run:--log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error off' -- "$current") && return ;;
    run:--event) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    run:--runtime) return ;;
    run:--handler) return ;;
    run:--architecture) mapfile -t COMPREPLY < <(compgen -W 'x86_64 arm64' -- "$current") && return ;;
    run:--memory-size) return ;;
    run:--timeout) return ;;
    run:--per-execution-environment-max-concurrency) return ;;
    run:--env) return ;;
    run:--rootfs) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    run:--snap-start) mapfile -t COMPREPLY < <(compgen -W 'None PublishedVersions' -- "$current") && return ;;
    run:--layer) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    invoke:--era) return ;;
    invoke:--region) return ;;
    invoke:--isolation) mapfile -t COMPREPLY < <(compgen -W 'auto sandbox process' -- "$current") && return ;;
    invoke:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    invoke:--log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error off' -- "$current") && return ;;
    invoke:--event) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    invoke:--endpoint) return ;;
    invoke:--qualifier) return ;;
    invoke:--invocation-type) mapfile -t COMPREPLY < <(compgen -W 'RequestResponse Event DryRun' -- "$current") && return ;;
    invoke:--log-type) mapfile -t COMPREPLY < <(compgen -W 'None Tail' -- "$current") && return ;;
    invoke:--client-context) return ;;
    compare:--era) return ;;
    compare:--region) return ;;
    compare:--account) return ;;
    compare:--isolation) mapfile -t COMPREPLY < <(compgen -W 'auto sandbox process' -- "$current") && return ;;
    compare:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    compare:--memory-limit) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    compare:--freeze) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    compare:--telemetry) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    compare:--cpu-share) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    compare:--init-cpus) return ;;
    compare:--cgroups) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$current") && return ;;
    compare:--price-rounding) mapfile -t COMPREPLY < <(compgen -W 'exact printed10' -- "$current") && return ;;
    compare:--qemu-aarch64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    compare:--qemu-x86_64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    compare:--interpreters) return ;;
    compare:--runtime-clients) return ;;
    compare:--log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error off' -- "$current") && return ;;
    compare:--requests) return ;;
    compare:--cold) return ;;
    compare:--cold-share) return ;;
    compare:--html) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    compare:--json) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    runtimes:--era) return ;;
    runtimes:--region) return ;;
    runtimes:--isolation) mapfile -t COMPREPLY < <(compgen -W 'auto sandbox process' -- "$current") && return ;;
    runtimes:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    runtimes:--qemu-aarch64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    runtimes:--qemu-x86_64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    runtimes:--interpreters) return ;;
    runtimes:--runtime-clients) return ;;
    runtimes:--log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error off' -- "$current") && return ;;
    rie:--drain-timeout) return ;;
    rie:--era) return ;;
    rie:--account) return ;;
    rie:--profile) mapfile -t COMPREPLY < <(compgen -W 'fast faithful' -- "$current") && return ;;
    rie:--memory-limit) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    rie:--freeze) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    rie:--telemetry) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    rie:--cpu-share) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    rie:--init-cpus) return ;;
    rie:--cgroups) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$current") && return ;;
    rie:--qemu-aarch64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    rie:--qemu-x86_64) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    rie:--interpreters) return ;;
    rie:--runtime-clients) return ;;
    rie:--runtime-interface-emulator-address) return ;;
    rie:--runtime-api-address) return ;;
    rie:--function-name) return ;;
    rie:--function-version) return ;;
    rie:--handler) return ;;
    rie:--memory-size) return ;;
    rie:--timeout) return ;;
    rie:--region) return ;;
    rie:--max-concurrency) return ;;
    rie:--log-level) return ;;
    health:--endpoint) return ;;
    esac
    case $command in
    serve) flags='--config --host --port --keep-alive --async-retry-pause --drain-timeout --allowed-hosts --allowed-origins --forward-endpoint --auth --credentials --state-dir --s3-endpoint --era --region --account --isolation --profile --memory-limit --freeze --telemetry --cpu-share --init-cpus --cgroups --strict-runtimes --price-rounding --qemu-aarch64 --qemu-x86_64 --interpreters --runtime-clients --log-level --json --help' ;;
    run) flags='--era --region --account --isolation --profile --memory-limit --freeze --telemetry --cpu-share --init-cpus --cgroups --strict-runtimes --price-rounding --qemu-aarch64 --qemu-x86_64 --interpreters --runtime-clients --log-level --json --event --runtime --handler --architecture --memory-size --timeout --per-execution-environment-max-concurrency --env --rootfs --snap-start --layer --help' ;;
    invoke) flags='--era --region --isolation --profile --log-level --json --event --endpoint --qualifier --invocation-type --log-type --client-context --help' ;;
    compare) flags='--era --region --account --isolation --profile --memory-limit --freeze --telemetry --cpu-share --init-cpus --cgroups --strict-runtimes --price-rounding --qemu-aarch64 --qemu-x86_64 --interpreters --runtime-clients --log-level --requests --cold --cold-share --html --json --help' ;;
    runtimes) flags='--era --region --isolation --profile --qemu-aarch64 --qemu-x86_64 --interpreters --runtime-clients --log-level --json --help' ;;
    rie) flags='--drain-timeout --era --account --profile --memory-limit --freeze --telemetry --cpu-share --init-cpus --cgroups --qemu-aarch64 --qemu-x86_64 --interpreters --runtime-clients --json --runtime-interface-emulator-address --runtime-api-address --function-name --function-version --handler --memory-size --timeout --region --max-concurrency --queue --rie-quirks --enable-init-caching --log-level --help' ;;
    health) flags='--json --endpoint --help' ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _lambox lambox
