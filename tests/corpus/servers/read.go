// Says in X-Read what Go's net/http has read; prints its port.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

var requests atomic.Int64

// latin keeps each octet apart: JSON would replace what is no UTF-8.
func latin(octets string) string {
	runes := make([]rune, len(octets))
	for i := 0; i < len(octets); i++ {
		runes[i] = rune(octets[i])
	}
	return string(runes)
}

func read(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fields := [][2]string{}
	for name, values := range r.Header {
		for _, value := range values {
			fields = append(fields, [2]string{strings.ToLower(name), latin(value)})
		}
	}
	told, _ := json.Marshal(map[string]any{
		"method": r.Method, "target": r.RequestURI, "host": r.Host,
		"fields": fields, "content": latin(string(content)), "number": requests.Add(1),
	})
	w.Header().Set("X-Read", base64.StdEncoding.EncodeToString(told))
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(read)))
}
