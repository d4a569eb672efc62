// Answers one request a line, as `navette eval --ndjson` does, without the rest of the command:
// the other half of tests/fuzz/jsonata_fuzz.mjs.

#include <iostream>
#include <string>

#include "mapping/jsonata/request.h"

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << navette::jsonata::answer_request(line) << '\n' << std::flush;
  }
  return 0;
}
