# SPDX-License-Identifier: Apache-2.0
# What every target of the project shares: warnings, include roots, the shape of a library and of a test.

include(GNUInstallDirs)

# The flags of our own targets. They are private: a consumer's code is compiled as the consumer likes.
add_library(manta_flags INTERFACE)
target_compile_features(manta_flags INTERFACE cxx_std_20)
target_compile_options(manta_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both see ghosts in std::string and std::optional once g++ 12 inlines them (its bug 105651 and kin).
  target_compile_options(manta_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()

# manta_library(NAME SOURCES a.cc … DEPS public targets … PRIVATE_DEPS targets …)
# A folder's library. Its dependency list is the permission to include.
function(manta_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:manta_flags> ${ARG_PRIVATE_DEPS})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_compile_features(${name} ${scope} cxx_std_20)
  target_include_directories(${name} ${scope} $<BUILD_INTERFACE:${manta_SOURCE_DIR}>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/manta>)
  target_link_libraries(${name} ${scope} ${ARG_DEPS})
  set_property(GLOBAL APPEND PROPERTY MANTA_LIBRARIES ${name})
endfunction()

# manta_discover_tests(NAME [TIMEOUT SECONDS] [LABELS …]): each case of a GoogleTest program is a ctest test, in a process
# of its own, with so much time, or 120 s. Under a sanitizer, whose processes take long to begin, the whole program is one.
function(manta_discover_tests name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1200 LABELS "${ARG_LABELS}")
  else()
    gtest_discover_tests(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# All that the tests labelled "concurrency" run: the preset tsan builds no more.
add_custom_target(concurrency_tests)

# manta_test(NAME SOURCES a_test.cc … DEPS targets … [LABELS concurrency]): one GoogleTest program, each case a ctest test.
# "concurrency" is for tests with threads or processes.
function(manta_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE manta_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  manta_discover_tests(${name} LABELS ${ARG_LABELS})
  if("concurrency" IN_LIST ARG_LABELS)
    add_dependencies(concurrency_tests ${name})
  endif()
endfunction()

# manta_property_test(NAME SOURCES a_property_test.cc … DEPS targets …): properties, each tried on random cases of a fixed seed.
function(manta_property_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} ${manta_SOURCE_DIR}/tests/support/property_main.cc)
  target_link_libraries(${name} PRIVATE manta_flags ${ARG_DEPS} rapidcheck_gtest GTest::gtest)
  manta_discover_tests(${name} LABELS property)
endfunction()

# manta_runtime_test(NAME SOURCES a_test.cc … DEPS targets … [OWN_MAIN]): a test program whose workers are the program
# itself: its main() starts the runtime before GoogleTest.
function(manta_runtime_test name)
  cmake_parse_arguments(ARG "OWN_MAIN" "" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_OWN_MAIN)
    list(APPEND ARG_SOURCES ${manta_SOURCE_DIR}/tests/support/runtime_main.cc)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE manta_flags manta_api ${ARG_DEPS} GTest::gmock)
  manta_discover_tests(${name} LABELS concurrency)
  add_dependencies(concurrency_tests ${name})
endfunction()
