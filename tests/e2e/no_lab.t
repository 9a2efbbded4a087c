Without a lab, every command says so and what to do about it.
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ snet ls --json
> []
$ snet status
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet press sw0
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet watch --once
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet events
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet trace e1
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet exec sw0 -- true
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet logs r0
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet down
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet down house
! snet: no lab 'house' is running
? 1
$ snet down --all
$ snet status --lab house
! snet: no lab 'house' is running
? 1
$ snet status --lab ../house
! snet: '../house' is no name for a lab
! try 'snet help status'
? 2

A dead socket, which nobody was left to remove, is no lab, and down removes it.
$ mkdir -p $XDG_RUNTIME_DIR/snet && python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $XDG_RUNTIME_DIR/snet/house.sock
$ snet ls
> LAB  PID  NODES  LINKS  SINCE
$ snet status
! snet: no lab is running; start one with 'snet up FILE'
? 1
$ snet down
> lab 'house' had ended without 'snet down'; its socket is removed
$ ls $XDG_RUNTIME_DIR/snet
