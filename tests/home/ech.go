// SPDX-License-Identifier: GPL-2.0-only
// ech-server CERTIFICATE KEY ECH_CONFIG ECH_KEY ADDRESS…: HTTP/1.1 over TLS with Encrypted Client Hello.
//
// ECH_CONFIG and ECH_KEY are an ECHConfig and its X25519 key in hexadecimal. Every path gets the same page. Prints
// "CLIENT PORT HOST ech" (or "tls" where the client hid nothing) for each request.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const page = "<!DOCTYPE html><title>home page</title><link rel=icon href=data:,><p>"

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func serve(connection *tls.Conn) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(30 * time.Second))
	lines := bufio.NewReader(connection)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	state, kind := connection.ConnectionState(), "tls"
	if state.ECHAccepted {
		kind = "ech"
	}
	host, port, _ := net.SplitHostPort(connection.RemoteAddr().String())
	fmt.Println(host, port, state.ServerName, kind)
	text := page + strings.Repeat("word ", 2000)
	fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"+
		"Connection: close\r\n\r\n%s", len(text), text)
}

func main() {
	arguments := os.Args[1:]
	config := &tls.Config{
		Certificates: []tls.Certificate{must(tls.LoadX509KeyPair(arguments[0], arguments[1]))},
		EncryptedClientHelloKeys: []tls.EncryptedClientHelloKey{{
			Config:     must(hex.DecodeString(arguments[2])),
			PrivateKey: must(hex.DecodeString(arguments[3])),
		}},
	}
	for _, address := range arguments[4:] {
		listener := must(tls.Listen("tcp", net.JoinHostPort(address, "443"), config))
		go func() {
			for {
				connection := must(listener.Accept())
				go serve(connection.(*tls.Conn))
			}
		}()
	}
	fmt.Println("serving")
	select {}
}
