// A connector for restart_test.cc: it writes the number of each call into a file before it answers.
// Arguments: bus address, ledger file. A call "write and hang" is never answered.

#include <fstream>
#include <stop_token>
#include <string>

#include <unistd.h>

#include "base/clock.h"
#include "bus/client.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string ledger = argv[2];
  navette::bus::ClientOptions options;
  options.address = argv[1];
  options.system = "desk";
  options.connector = "ledger";
  options.workers = 1;
  const navette::SystemClock clock;
  navette::bus::Context context;
  navette::bus::Client client(context, clock, options, [&](int) -> navette::bus::Handler {
    return [&](navette::bus::Asked&& asked) {
      {
        std::ofstream file(ledger, std::ios::app);
        file << asked.params.at("n").as_int() << '\n';
      }
      while (asked.method == "write and hang") ::pause();
      return navette::bus::Answer{};
    };
  });
  const std::stop_source never;
  return client.run(never.get_token()) ? 0 : 3;
}
