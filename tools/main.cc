#include "tools/commands.h"

int main(int argc, char** argv) {
  return navette::tools::run_command_line(argc, argv);
}
