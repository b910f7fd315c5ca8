package main

import "github.com/gridcase/gridcase/services/projector"

// groups are all contestants and what is wanted of them.
var groups = []group{
	writes("relaxed", "Write path, 64 clients, one district: synced every two minutes, committed without waiting", true, []target{
		{name: "write side over tuned CRUD", of: "relaxed: gridcase", over: "relaxed: CRUD tuned", least: 3},
	}),
	writes("strict", "Write path, 64 clients: synced before each acknowledgement", false, []target{
		{name: "write side over 8 districts, over tuned CRUD", of: "strict: gridcase, 8 districts", over: "strict: CRUD tuned", least: 1.2},
		{name: "its processor time over tuned CRUD's", of: "strict: gridcase, 8 districts", over: "strict: CRUD tuned", cpu: true, most: 0.5},
	}),
	{name: "project", title: "Projector, a log of 105,000 events of 15,000 cases; the database commits without waiting, its checkpoint is in the same transaction", contestants: []contestant{
		{"consume only", consumeOnly},
		{"one event, one transaction", oneByOne},
		{"Postgres alone, four views' rows", postgresAlone(firstFour)},
		{"gridcase, four views", projectWith(firstFour)},
		{"Postgres alone, all views' rows", postgresAlone(projector.Views)},
		{"gridcase, all views", projectWith(projector.Views)},
	}, targets: []target{
		{name: "four views over one event a transaction", of: "gridcase, four views", over: "one event, one transaction", least: 15},
		{name: "four views over Postgres alone", of: "gridcase, four views", over: "Postgres alone, four views' rows", least: 0.75},
		{name: "all views over Postgres alone", of: "gridcase, all views", over: "Postgres alone, all views' rows", least: 0.75},
		{name: "from nothing, all views, over consuming alone", of: "gridcase, all views", over: "consume only", least: 0.5},
	}},
}
