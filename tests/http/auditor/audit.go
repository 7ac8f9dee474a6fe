// SPDX-License-Identifier: Apache-2.0

// Audits a log as a stranger does, with the Go project's own verifiers and nothing of Farmtrail:
//
//	audit URL-OF-THE-LOG VKEY [OLD-CHECKPOINT-FILE]
//
// The newest checkpoint is signed by the key; all tiles and entries below it hash to its root; each entry is in its leaf;
// the log of the old checkpoint is the beginning of this one. Prints "ok SIZE", or says what is wrong and exits 1.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

func fail(format string, arguments ...interface{}) {
	fmt.Printf(format+"\n", arguments...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

type log struct{ url string }

func (l log) get(path string) ([]byte, error) {
	reply, err := http.Get(l.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, reply.Status)
	}
	return io.ReadAll(reply.Body)
}

// x/mod writes "tile/8/0/…" and "data" where C2SP has "tile/0/…" and "entries".
func c2spPath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

func (l log) Height() int                          { return height }
func (l log) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (l log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = l.get(c2spPath(tile)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

type head struct {
	origin string
	tree   tlog.Tree
}

func parse(text string) (head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return head{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return head{lines[0], tlog.Tree{N: size, Hash: root}}, err
}

func open(bytes []byte, verifier note.Verifier) head {
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	must(err, "checkpoint")
	parsed, err := parse(opened.Text)
	must(err, "checkpoint")
	if parsed.origin != verifier.Name() {
		fail("the checkpoint is of %s, the key of %s", parsed.origin, verifier.Name())
	}
	return parsed
}

// Every leaf by its entry: the bundle is read, each entry hashed and compared with the tree.
func checkEntries(l log, tree tlog.Tree, reader tlog.HashReader) {
	for first := int64(0); first < tree.N; first += width {
		count := tree.N - first
		if count > width {
			count = width
		}
		tile := tlog.Tile{H: height, L: -1, N: first / width, W: int(count)}
		bundle, err := l.get(strings.Replace(c2spPath(tile), "tile/data/", "tile/entries/", 1))
		must(err, "entries")
		for i := first; i < first+count; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail("the bundle of entry %d is cut short", i)
			}
			size := 2 + int(binary.BigEndian.Uint16(bundle))
			checkEntry(tree, reader, i, bundle[2:size])
			bundle = bundle[size:]
		}
		if len(bundle) > 0 {
			fail("%d octets follow entry %d", len(bundle), first+count-1)
		}
	}
}

func checkEntry(tree tlog.Tree, reader tlog.HashReader, i int64, entry []byte) {
	leaves, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
	must(err, "leaf")
	if tlog.RecordHash(entry) != leaves[0] {
		fail("entry %d is not what its leaf says", i)
	}
	if !bytes.HasPrefix(entry, []byte("farmtrail/")) {
		fail("entry %d is no statement", i)
	}
	if i%97 == 0 || i == tree.N-1 {
		proof, err := tlog.ProveRecord(tree.N, i, reader)
		must(err, "inclusion")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, i, leaves[0]), "inclusion")
	}
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: audit URL VKEY [OLD-CHECKPOINT-FILE]")
	}
	l := log{os.Args[1]}
	verifier, err := note.NewVerifier(os.Args[2])
	must(err, "vkey")
	signed, err := l.get("checkpoint")
	must(err, "checkpoint")
	newest := open(signed, verifier)
	reader := tlog.TileHashReader(newest.tree, l)
	root, err := tlog.TreeHash(newest.tree.N, reader)
	must(err, "tiles")
	if root != newest.tree.Hash {
		fail("the tiles hash to %v, the checkpoint says %v", root, newest.tree.Hash)
	}
	checkEntries(l, newest.tree, reader)
	if len(os.Args) > 3 {
		saved, err := os.ReadFile(os.Args[3])
		must(err, "old checkpoint")
		old := open(saved, verifier)
		proof, err := tlog.ProveTree(newest.tree.N, old.tree.N, reader)
		must(err, "consistency")
		must(tlog.CheckTree(proof, newest.tree.N, newest.tree.Hash, old.tree.N, old.tree.Hash), "consistency")
	}
	fmt.Printf("ok %d\n", newest.tree.N)
}
