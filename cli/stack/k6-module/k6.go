// Package k6module pins the k6 that is built when none is installed. The import keeps the requirement in go.mod.
package k6module

import _ "go.k6.io/k6/v2/cmd"
