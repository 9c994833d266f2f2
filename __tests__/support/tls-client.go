// Calls the server of each line of its standard input, "HOST TAB PORT TAB DIRECTORY", as a program in Go does that loads the
// files itself; says null, or what went wrong.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		call := strings.Split(lines.Text(), "\t")
		if err := handshake(call[0], call[1], call[2]); err != nil {
			words, _ := json.Marshal(err.Error())
			fmt.Println(string(words))
		} else {
			fmt.Println("null")
		}
	}
}

func handshake(host, port, directory string) error {
	ca, err := os.ReadFile(filepath.Join(directory, "ca.pem"))
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, "cert.pem"), filepath.Join(directory, "key.pem"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	// As many do, without a look at whether there was one.
	roots.AppendCertsFromPEM(ca)
	options := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	connection, err := tls.Dial("tcp", net.JoinHostPort(host, port), options)
	if err != nil {
		return err
	}
	return connection.Close()
}
