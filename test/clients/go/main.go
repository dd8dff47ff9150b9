// The program of the test for golang.org/x/oauth2, which has neither revocation nor introspection.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type input struct{ Flow, Issuer, API, Key, Secret, RedirectURL, Scope string }

func main() {
	var given input
	check(json.Unmarshal([]byte(os.Args[1]), &given))
	if given.Flow == "app" {
		report(appFlow(given))
	} else {
		report(userFlow(given))
	}
}

func appFlow(given input) map[string]any {
	ctx := context.Background()
	config := clientcredentials.Config{
		ClientID:     given.Key,
		ClientSecret: given.Secret,
		TokenURL:     given.Issuer + "/token",
		Scopes:       strings.Split(given.Scope, " "),
	}
	token, err := config.Token(ctx)
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return map[string]any{"error": refused.ErrorCode}
	}
	check(err)
	return map[string]any{"scope": token.Extra("scope"), "status": status(config.Client(ctx), given)}
}

func userFlow(given input) map[string]any {
	ctx := context.Background()
	config := oauth2.Config{
		ClientID:     given.Key,
		ClientSecret: given.Secret,
		RedirectURL:  given.RedirectURL,
		Scopes:       strings.Split(given.Scope, " "),
		Endpoint:     oauth2.Endpoint{AuthURL: given.Issuer + "/authorize", TokenURL: given.Issuer + "/token"},
	}
	verifier := oauth2.GenerateVerifier()
	state := oauth2.GenerateVerifier()
	callback := browse(config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	if callback.Get("state") != state {
		log.Fatal("the callback is for another request")
	}
	token, err := config.Exchange(ctx, callback.Get("code"), oauth2.VerifierOption(verifier))
	check(err)
	first := status(config.Client(ctx, token), given)

	// Without an access token it refreshes at once.
	refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	check(err)
	return map[string]any{
		"scope":     refreshed.Extra("scope"),
		"statuses":  []int{first, status(config.Client(ctx, refreshed), given)},
		"isRotated": token.RefreshToken != refreshed.RefreshToken,
	}
}

func browse(address string) url.Values {
	fmt.Println(address)
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	check(err)
	callback, err := url.Parse(strings.TrimSpace(line))
	check(err)
	return callback.Query()
}

func status(client *http.Client, given input) int {
	response, err := client.Get(given.API)
	check(err)
	defer response.Body.Close()
	return response.StatusCode
}

func report(seen map[string]any) {
	check(json.NewEncoder(os.Stdout).Encode(seen))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
