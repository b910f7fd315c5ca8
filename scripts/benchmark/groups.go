package main

// groups are all contestants and what is wanted of them.
var groups = []group{
	writes("relaxed", "Write path, 64 clients, one district: synced every two minutes, committed without waiting", true, []target{
		{name: "write side over tuned CRUD", of: "relaxed: gridcase", over: "relaxed: CRUD tuned", least: 3},
	}),
	writes("strict", "Write path, 64 clients: synced before each acknowledgement", false, []target{
		{name: "write side over 8 districts, over tuned CRUD", of: "strict: gridcase, 8 districts", over: "strict: CRUD tuned", least: 1.2},
		{name: "its processor time over tuned CRUD's", of: "strict: gridcase, 8 districts", over: "strict: CRUD tuned", cpu: true, most: 0.5},
	}),
}
