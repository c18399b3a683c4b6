# bash completion of dvdcli
_dvdcli() {
  local cur=${COMP_WORDS[COMP_CWORD]} commands="create get list mount path remove unmount version" word
  COMPREPLY=()
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--volumedriver= --volumename= --volumeopts= --explicitcreate --json --timeout= --log-level= --docker-root= --help" -- "$cur")
    [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " $commands " == *" $word "* ]] && return 0
  done
  mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
}
complete -F _dvdcli dvdcli
