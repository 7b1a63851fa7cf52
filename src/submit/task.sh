# A task of an array of slurmkit runs the script of its own job, as it was when it was submitted:
# under the job's name, with the job's log, and without a trace of the array.
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
task=${SLURM_ARRAY_TASK_ID:-0}
id=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}
tab=$(printf '\t')

# Where nobody else keeps it, the exit code is noted. That of a run before a requeue is none of this.
note() {
    [ -z "$record" ] || echo "$1" >"$record.$task"
}
[ -z "$record" ] || rm -f "$record.$task"

fail() {
    echo "slurmkit: task $task: $1" >&2
    note 1
    exit 1
}

# fill TEXT: puts the id in the place of %j
fill() {
    rest=$1 filled=
    while :; do
        case $rest in
        *%j*) filled=$filled${rest%%%j*}$id rest=${rest#*%j} ;;
        *) break ;;
        esac
    done
    printf '%s' "$filled$rest"
}

# The log is open already, under a name that has no job; everything goes on in the same file.
place() {
    [ -z "$2" ] || [ "$2" = /dev/null ] || [ ! -e "$1" ] || mv -f "$1" "$(fill "$2")"
}

line=$(sed -n "$((task + 1)){p;q;}" "$tasks") || fail "cannot read $tasks"
IFS=$tab read -r start bytes name output error <<EOF_LINE
$line
EOF_LINE
start=${start##* } bytes=${bytes##* }
[ -n "$bytes" ] || fail "it is not in $tasks"
place "$output_folder/.slurmkit-$id.out" "$output"
place "$error_folder/.slurmkit-$id.err" "$error"

script=$(mktemp "${TMPDIR:-/tmp}/slurmkit.XXXXXX") || fail "no temporary file for the script"
tail -c "+$((start + 1))" "$tasks" | head -c "$bytes" >"$script"
[ "$(wc -c <"$script")" -eq "$bytes" ] || fail "its script cannot be read from $tasks"
exec 9<"$script"
rm -f "$script"
SLURM_JOB_NAME=$name
export SLURM_JOB_NAME
unset SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN
unset SLURM_ARRAY_TASK_MAX SLURM_ARRAY_TASK_STEP

# run PROGRAM...: becomes the job's own script, or waits for it where its exit code is to be noted.
run() {
    [ -n "$record" ] || exec "$@" /dev/fd/9
    child=
    for signal in HUP INT QUIT USR1 USR2 TERM CONT; do
        trap "kill -$signal \$child 2>/dev/null" "$signal"
    done
    # The shell keeps INT and QUIT from what it starts in the background.
    ! env --default-signal=INT,QUIT true 2>/dev/null || set -- env --default-signal=INT,QUIT "$@"
    "$@" /dev/fd/9 &
    child=$!
    # A signal ends the waiting, not the script.
    while :; do
        wait "$child"
        code=$?
        kill -0 "$child" 2>/dev/null || break
    done
    wait "$child" 2>/dev/null
    again=$?
    [ "$again" = 127 ] || code=$again
    note "$code"
    exit "$code"
}
