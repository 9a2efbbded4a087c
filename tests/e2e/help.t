Help comes from the tables of the commands.
$ snet help
> usage: snet COMMAND [ARGUMENT ...] [--lab LAB] [--json]
> 
> Networks of virtual IoT devices, wired to serverless functions.
> 
>   up FILE                    bring up the lab that a file describes
>   down [LAB]                 end a lab, and wait until all that it made is gone
>   ls                         list the labs that run
>   status                     list the nodes, states and links of a lab
>   press NODE                 press a button: send an event from its network namespace
>   watch                      show a lab on the whole screen, and press its buttons
>   events                     list the events of a lab, oldest first
>   trace EVENT                show what became of an event, step by step
>   exec NODE COMMAND ...      run a program inside a node, on its network and with its names
>   logs NODE                  print what a node has logged
>   apply FILE                 change a running lab into what a file says
>   add FILE                   add the nodes, links and backends of a file to a running lab
>   rm NODE ...                remove nodes from a running lab, with their links
>   restart NODE               end what lives in a node, and let it begin anew
>   save [LAB]                 write a running lab as a lab file that recreates it
>   graph [LAB|FILE]           draw the network of a lab that runs, or of a lab file
>   link show|set|down|up|flap [LINK] [KEY=VALUE ...]
>                              show or change what happens to the packets of links
>   capture LINK|NODE          write the packets of a link or a node as pcapng
>   fn list|put|get|rm|invoke [NAME] [FILE] [KEY=VALUE ...]
>                              manage and run the functions of an OpenWhisk server
>   topo TOPOLOGY              write the lab file of a common shape, of any size
>   run SCENARIO               carry out a scenario: work, faults, and a verdict
>   explore FILE               search for the faults that break what is expected
>   diff RUN RUN               say what differs between two runs
>   replay RUN                 do again what was done in a run
>   doctor                     say what this machine can do, and what is missing
>   calibrate                  measure how exactly this machine shapes links, and keep it
>   help [COMMAND]             say what a command does and which options it has
>   version                    print the version
> 
> LAB may be left out when one lab runs. 'snet help COMMAND' and snet(1) say more.
$ snet --help | head -n 1
> usage: snet COMMAND [ARGUMENT ...] [--lab LAB] [--json]
$ snet help up
> usage: snet up FILE [--name LAB] [--foreground] [--resume]
> 
> bring up the lab that a file describes
> 
> Returns when every device has registered. The file is checked first: all its
> errors are printed, nothing is created, and the exit code is 2. Without --resume
> a store that an earlier lab of the name has left is replaced. FILE can be -, which
> is stdin.
> 
>   --name LAB                 call the lab so, not as the file does
>   --foreground               stay until Ctrl-C, SIGTERM or 'snet down'
>   --resume                   continue from the lab's store: events, states
>   --lab LAB                  the same as --name
>   --json                     print JSON
>   --help                     print this
$ snet up --help | head -n 1
> usage: snet up FILE [--name LAB] [--foreground] [--resume]
$ snet exec -h | head -n 1
> usage: snet exec NODE COMMAND ...
$ snet version
> snet 0.1.0
$ snet --version
> snet 0.1.0
$ snet version --json
> {"version":"0.1.0"}
A failed write is a failure.
$ snet help >/dev/full
! snet: cannot write the output: No space left on device
? 1
