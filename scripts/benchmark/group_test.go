package main_test

import "syscall"

// ownGroup starts a process in a group of its own, so that it can be ended with its children.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func endGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) } // it may have ended by itself
