A usage error names the mistake, suggests what was meant, and says where to read on.
$ snet
! snet: no command given
! try 'snet help'
? 2
$ snet hlep
! snet: unknown command 'hlep', did you mean 'help'?
! try 'snet help'
? 2
$ snet xyzzy
! snet: unknown command 'xyzzy'
! try 'snet help'
? 2
$ snet --foo
! snet: unknown option '--foo'
! try 'snet help'
? 2
$ snet --lab
! snet: option '--lab' needs a value, LAB
! try 'snet help'
? 2
$ snet --lab house
! snet: no command given
! try 'snet help'
? 2
$ snet up
! snet: 'up' needs FILE
! try 'snet help up'
? 2
$ snet up a.json b.json
! snet: 'up' takes no argument 'b.json'
! try 'snet help up'
? 2
$ snet up a.json --nmae x
! snet: 'up' has no option '--nmae', did you mean '--name'?
! try 'snet help up'
? 2
$ snet up a.json --name
! snet: option '--name' needs a value, LAB
! try 'snet help up'
? 2
$ snet up a.json --name 'no name'
! snet: 'no name' is no name for a lab
! try 'snet help up'
? 2
$ snet down no/name
! snet: 'no/name' is no name for a lab
! try 'snet help down'
? 2
$ snet link set a-s delay=1ms --lab ''
! snet: '' is no name for a lab
! try 'snet help link'
? 2
$ snet press
! snet: 'press' needs NODE
! try 'snet help press'
? 2
$ snet press sw0 --data '{'
! snet: --data is not JSON: '{': 1:2: JSON ends too early
! try 'snet help press'
? 2
$ snet press sw0 --json=yes
! snet: option '--json' takes no value
! try 'snet help press'
? 2
$ snet down house --all
! snet: --all and the lab 'house' exclude each other
! try 'snet help down'
? 2
$ snet down house --lab plant
! snet: two labs are named, 'house' and 'plant'
! try 'snet help down'
? 2
$ snet up house.json --lab house --name plant
! snet: two labs are named, 'plant' and 'house'
! try 'snet help up'
? 2
$ snet status now
! snet: 'status' takes no argument 'now': --lab names a lab
! try 'snet help status'
? 2
$ snet logs -f r0
! snet: unknown option '-f', did you mean '--follow'?
! try 'snet help logs'
? 2
$ snet status -x
! snet: unknown option '-x'
! try 'snet help status'
? 2
$ snet run x.json --wat
! snet: 'run' has no option '--wat'
! try 'snet help run'
? 2
$ snet --lab house run x.json
! snet: 'run' has no option '--lab'
! try 'snet help run'
? 2
$ snet help run | grep -e --lab
? 1
$ snet logs r0 --json
! snet: 'logs' has no option '--json'
! try 'snet help logs'
? 2
$ snet fn list --no-wait
! snet: 'fn list' has no option '--no-wait'
! try 'snet help fn'
? 2
$ snet fn rm g --data 5
! snet: 'fn rm' has no option '--data'
! try 'snet help fn'
? 2
$ snet exec sw0
! snet: 'exec' needs NODE COMMAND ...
! try 'snet help exec'
? 2
$ snet exec sw0 --
! snet: 'exec' needs NODE COMMAND ...
! try 'snet help exec'
? 2
$ snet exec sw0 --no-such ls
! snet: 'exec' has no option '--no-such'
! try 'snet help exec'
? 2
$ snet ls -- x
! snet: 'ls' takes nothing behind '--'
! try 'snet help ls'
? 2
$ snet help xyzzy
! snet: unknown command 'xyzzy'
! try 'snet help'
? 2
$ snet help statsu
! snet: unknown command 'statsu', did you mean 'status'?
! try 'snet help'
? 2

What cannot be written is an error, whoever was to write it.
$ snet version >/dev/full
! snet: cannot write the output: No space left on device
? 1
$ snet topo city --devices 1000 >/dev/full
! snet: cannot write the output: No space left on device
? 1
$ snet topo star | snet graph - >/dev/full
! snet: cannot write the output: No space left on device
? 1
