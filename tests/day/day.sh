#!/usr/bin/env bash
# One working day as a script: nothing but debtflow's commands, their JSON and their exit codes.
#
#   DEBTFLOW       how debtflow is called (debtflow)
#   DEBTFLOW_HOME  an empty folder; one is made where it is not set
#   DEMO_ARGS      more words for `debtflow demo`
set -euo pipefail

DEBTFLOW=${DEBTFLOW:-debtflow}
PYTHON=${PYTHON:-python3}
if [ -z "${DEBTFLOW_HOME:-}" ]; then
    DEBTFLOW_HOME=$(mktemp -d)
fi
export DEBTFLOW_HOME
unset DEBTFLOW_DATABASE_URL DEBTFLOW_USER DEBTFLOW_PASSWORD DEBTFLOW_PASSWORD_FILE DEBTFLOW_CONFIG
trap '$DEBTFLOW db stop --yes >/dev/null' EXIT

fail() {
    echo "day.sh: $*" >&2
    exit 1
}

# value PATH: one value of the document on stdin, its keys divided by dots.
value() {
    "$PYTHON" -c '
import json, sys
found = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    found = found[int(key)] if isinstance(found, list) else found[key]
print(found)' "$1"
}

# all NAME KEY: the KEY of every entry of a list, one a line.
all() {
    "$PYTHON" -c '
import json, sys
for entry in json.load(sys.stdin)[sys.argv[1]]:
    print(entry[sys.argv[2]])' "$1" "$2"
}

# as ROLE WORDS…: run a command as the first login of a role.
as() {
    local role=$1
    shift
    DEBTFLOW_USER=$(login "$role" user) DEBTFLOW_PASSWORD=$(login "$role" password) $DEBTFLOW "$@" --json
}

login() {
    "$PYTHON" -c '
import json, sys
role, key = sys.argv[1:]
print(next(each[key] for each in json.load(sys.stdin)["logins"] if each["role"] == role))' "$1" "$2" <<<"$demo"
}

expect() {
    [ "$2" = "$3" ] || fail "$1: expected $2, got $3"
}

# ---- the demo, without a screen

# shellcheck disable=SC2086
demo=$($DEBTFLOW demo --no-tui --json ${DEMO_ARGS:-})
case $(value database_url <<<"$demo") in
    *@*) fail "the database's URL holds a login" ;;
esac
file=$DEBTFLOW_HOME/imports/errors.csv

# ---- the supervisor stages the file with errors

code=0
staged=$(as supervisor import stage "$file" --client HXL) || code=$?
expect "exit code of a file with errors" 1 "$code"
batch=$(value batch <<<"$staged")
rows=$(value rows <<<"$staged")
errors=$(value errors <<<"$staged")
sum=0
for state in valid warnings errors duplicates excluded released; do
    sum=$((sum + $(value $state <<<"$staged")))
done
expect "sum of the states" "$rows" "$sum"
[ "$errors" -ge 12 ] || fail "only $errors rows in error"

code=0
as supervisor import stage "$file" --client HXL >/dev/null 2>&1 || code=$?
expect "exit code of the same file again" 1 "$code"

code=0
as supervisor import release "$batch" >/dev/null 2>&1 || code=$?
expect "exit code of a release while errors remain" 1 "$code"

# ---- fixes two rows, excludes the rest, releases

bad=$(as supervisor import rows "$batch" --state error)
mapfile -t wrong < <(all rows row <<<"$bad")
expect "rows in error" "$errors" "${#wrong[@]}"
as supervisor import fix "$batch" "${wrong[0]}" external_ref=ER-FIXED-1 >/dev/null
as supervisor import fix "$batch" "${wrong[1]}" "debtor_name=Ottoline Featherstonehaugh" >/dev/null
excluded=$(as supervisor import exclude "$batch" "${wrong[@]:2}" --reason "sent back to the client")
expect "rows excluded" $((errors - 2)) "$(value excluded <<<"$excluded")"
expect "rows in error after that" 0 "$(value errors <<<"$excluded")"
released=$(as supervisor import release "$batch")
expect "state of the batch" released "$(value state <<<"$released")"
expect "rows released" $((rows - errors + 2 - $(value duplicates <<<"$released"))) "$(value released <<<"$released")"

# ---- the collector's accounts: an imported one is found by a misspelt name

for number in $(as supervisor account find "name:Oyelaran Quillfeather" | all accounts number); do
    as supervisor account assign "$number" --to "$(login collector user)" >/dev/null
done
found=$(as collector account find "Quilfeather Oyelran")
number=$(value accounts.0.number <<<"$found")
ref=$(value accounts.0.external_ref <<<"$found")
case $ref in
    ER-*) ;;
    *) fail "the misspelt name found $ref instead of an imported account" ;;
esac
before=$(value accounts.0.balance.minor <<<"$found")

# ---- pays it, twice with one submission id: one payment

submission=$("$PYTHON" -c 'import uuid; print(uuid.uuid4())')
pay() {
    as collector payment post --account "$number" --amount 25.00 --method check --reference 1991 \
        --submission-id "$submission"
}
first=$(pay)
second=$(pay)
receipt=$(value receipt <<<"$first")
expect "the second answer" "$receipt" "$(value receipt <<<"$second")"
expect "the first says that it was new" False "$(value replayed <<<"$first")"
expect "the second says that it was not" True "$(value replayed <<<"$second")"
expect "the balance" $((before - 2500)) "$(value balance.minor <<<"$second")"
expect "payments on the account" 1 "$(as collector account show "$number" | all payments receipt | wc -l | tr -d ' ')"

# ---- the supervisor reverses it; a collector may not

code=0
as collector payment reverse "$receipt" --reason nsf >/dev/null 2>&1 || code=$?
expect "exit code of a collector's reversal" 6 "$code"
reversed=$(as supervisor payment reverse "$receipt" --reason nsf)
expect "the balance after the reversal" "$before" "$(value balance.minor <<<"$reversed")"

# ---- the whole story, with the right people

story=$(as supervisor audit list --entity "account/$number" --limit 100)
acts=$(paste -d' ' <(all events who <<<"$story") <(all events act <<<"$story"))
for line in "$(login supervisor user) import.release" "$(login collector user) payment.post" \
    "$(login supervisor user) payment.reverse"; do
    grep -qx "$line" <<<"$acts" || fail "the audit trail does not say “$line”: $acts"
done

# ---- the payer pays by a link; the card that was left is charged, and some of that is given back

link=$(as collector payment link --account "$number" --amount 12.00)
"$PYTHON" -c '
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], data=b"method=pm_card_visa", timeout=30).read()' "$(value url <<<"$link")"
method=
for _ in $(seq 60); do
    method=$(as collector payment methods "$number" | all methods id)
    [ -z "$method" ] || break
    sleep 1
done
[ -n "$method" ] || fail "the worker has not kept the card that paid the link"
charged=$(as collector payment charge --account "$number" --amount 20.00 --method "$method")
expect "state of the charge" posted "$(value state <<<"$charged")"
as supervisor payment refund "$(value receipt <<<"$charged")" --amount 5.00 --yes >/dev/null
expect "the balance after link, card and refund" $((before - 1200 - 2000 + 500)) \
    "$(as collector account show "$number" | value balance.minor)"

# ---- the rest in instalments, to the cent

plan=$(as collector plan make "$number" --from "$("$PYTHON" -c '
import datetime
print(datetime.date.today() + datetime.timedelta(days=7))')" --times 3)
expect "sum of the instalments" $((before - 2700)) "$("$PYTHON" -c '
import json, sys
print(sum(line["amount"]["minor"] for line in json.load(sys.stdin)["instalments"]))' <<<"$plan")"

# ---- a stack of checks: nothing of it while it differs, all of it when it agrees

mapfile -t others < <(as collector account find "status:assigned balance>100" --limit 3 | all accounts number)
stack=$DEBTFLOW_HOME/stack.csv
{
    echo account,amount,reference
    for each in "${others[@]}"; do
        echo "$each,11.00,slip"
    done
} >"$stack"
code=0
as supervisor payment batch "$stack" --expect-count 3 --expect-sum 34.00 >/dev/null 2>&1 || code=$?
expect "exit code of a batch that differs" 1 "$code"
batch=$(as supervisor payment batch "$stack" --expect-count 3 --expect-sum 33.00)
expect "state of the batch of payments" posted "$(value batch.state <<<"$batch")"

# ---- one check for several debts, and it stands in the books

mapfile -t debts < <(as supervisor account find 'name:"Marisol Adeyemi" status:open' | all accounts number)
as supervisor payment spread "${debts[0]}" --amount 21.00 --method check --reference 7 --instruction memo \
    --line "${debts[0]}=10.00" --line "${debts[1]}=11.00" >/dev/null
for at in 0 1; do
    statement=$(as supervisor ledger statement "${debts[at]}" --limit 1)
    expect "the check on the statement of ${debts[at]}" $((-1000 - 100 * at)) "$(value lines.0.amount.minor <<<"$statement")"
done

# ---- the books and the house

expect "ledger replay" True "$(as supervisor ledger replay --check | value ok)"
expect "doctor" True "$(as supervisor doctor | value ok)"
echo "the day is done" >&2
