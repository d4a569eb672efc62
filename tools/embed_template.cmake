# cmake -DFOLDER=... -DOUT=... -P embed_template.cmake: the files of an example as C++.
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*.yaml)
list(SORT files)
set(entries "")
foreach(name IN LISTS files)
  file(READ ${FOLDER}/${name} text)
  string(APPEND entries "      {\"${name}\", R\"template(${text})template\"},\n")
endforeach()
file(WRITE ${OUT} "// Made by embed_template.cmake; do not edit.
#include \"tools/template.h\"

namespace navette::tools {

std::vector<std::pair<std::string, std::string>> template_files() {
  return {
${entries}  };
}

}  // namespace navette::tools
")
