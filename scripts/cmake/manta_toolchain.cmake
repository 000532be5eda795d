# SPDX-License-Identifier: Apache-2.0
# What a build of this project itself uses, and a project that adds us decides for itself: where programs land, whether
# warnings are errors, a compiler cache, a fast linker.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)

find_program(MANTA_CCACHE ccache)
if(MANTA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A clone beside another one finds its results: paths count from the project's root, and the build folder's name does not.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true
      ${MANTA_CCACHE})
endif()

# It links a LibTorch program in a seventh of the time that the default linker takes.
find_program(MANTA_MOLD mold)
if(MANTA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
