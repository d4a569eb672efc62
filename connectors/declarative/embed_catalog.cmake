# cmake -DFOLDER=... -DOUT=... -P embed_catalog.cmake: the catalog's files as C++.
file(GLOB files ${FOLDER}/*.yaml)
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  cmake_path(GET file FILENAME name)
  file(READ ${file} text)
  string(LENGTH "${text}" length)
  set(literals "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND literals "\n         R\"catalog(${piece})catalog\"")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND entries "      {\"catalog/${name}\",${literals}},\n")
endforeach()
file(WRITE ${OUT} "// Made by embed_catalog.cmake; do not edit.
#include \"connectors/declarative/built_in.h\"

namespace navette::declarative {

std::vector<std::pair<std::string, std::string>> built_in_catalog() {
  return {
${entries}  };
}

}  // namespace navette::declarative
")
