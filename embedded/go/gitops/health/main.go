// Command health tells what GitOps tools make of Kubernetes objects: kstatus, by which Flux waits, and a health check of
// Argo CD in Lua.
//
// It reads one JSON document from standard input, {"objects": [...], "lua": {"KIND": "script"}}, and writes a JSON list with
// one verdict for each object, in order.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
)

type question struct {
	Objects []map[string]any  `json:"objects"`
	Lua     map[string]string `json:"lua"`
}

type verdict struct {
	Kstatus        string `json:"kstatus"`
	KstatusMessage string `json:"kstatusMessage"`
	Health         string `json:"health,omitempty"`
	HealthMessage  string `json:"healthMessage"`
}

func main() {
	var asked question
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	// This decoder gives whole numbers as int64, as an object of Kubernetes must have them.
	if err := json.Unmarshal(text, &asked); err != nil {
		log.Fatal(err)
	}
	verdicts := []verdict{}
	for _, object := range asked.Objects {
		found, err := judge(object, asked.Lua)
		if err != nil {
			log.Fatal(err)
		}
		verdicts = append(verdicts, found)
	}
	answer, err := json.Marshal(verdicts)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer))
}

func judge(object map[string]any, scripts map[string]string) (verdict, error) {
	one := &unstructured.Unstructured{Object: object}
	computed, err := status.Compute(one)
	if err != nil {
		return verdict{}, fmt.Errorf("kstatus of %s: %w", one.GetName(), err)
	}
	found := verdict{Kstatus: computed.Status.String(), KstatusMessage: computed.Message}
	if script, ok := scripts[one.GetKind()]; ok {
		if found.Health, found.HealthMessage, err = health(object, script); err != nil {
			return verdict{}, fmt.Errorf("health check of %s: %w", one.GetName(), err)
		}
	}
	return found, nil
}

// health runs a script as Argo CD does: the object is the global obj, of the standard libraries only those for packages, tables and
// basic things are open, and the answer is a table with status and message.
func health(object map[string]any, script string) (string, string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	libraries := []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}}
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return "", "", err
		}
	}
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", fmt.Errorf("the script answered no table but %s", state.Get(-1).Type())
	}
	return lua.LVAsString(answer.RawGetString("status")), lua.LVAsString(answer.RawGetString("message")), nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
