# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down, so that find_package(manta) gives the targets that add_subdirectory() gives.

include(CMakePackageConfigHelpers)
set(manta_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/manta)

set(manta_installed manta ${manta_parts})
foreach(target manta_tune_main tune_run manta_program)
  if(TARGET ${target})
    list(APPEND manta_installed ${target})
  endif()
endforeach()
install(TARGETS ${manta_installed} EXPORT manta_targets)
install(EXPORT manta_targets FILE targets.cmake NAMESPACE manta:: DESTINATION ${manta_cmake_dir})

# LibTorch takes seconds to find and is not everybody's: its target stands in a file of its own.
if(TARGET manta_torch)
  install(TARGETS manta_torch EXPORT manta_torch_targets)
  install(EXPORT manta_torch_targets FILE torch_targets.cmake NAMESPACE manta:: DESTINATION ${manta_cmake_dir})
  install(DIRECTORY integrations/torch/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()

if(TARGET manta_eigen)
  install(TARGETS manta_eigen EXPORT manta_eigen_targets)
  install(EXPORT manta_eigen_targets FILE eigen_targets.cmake NAMESPACE manta:: DESTINATION ${manta_cmake_dir})
  install(DIRECTORY integrations/eigen/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()

# The directory is tune/cli's, which writes them.
set(manta_pages_dir ${PROJECT_BINARY_DIR}/pages)
install(FILES ${manta_pages_dir}/manta.1 ${manta_pages_dir}/tune_run.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(program manta tune_run)
  install(FILES ${manta_pages_dir}/manta.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME ${program})
  install(FILES ${manta_pages_dir}/manta.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          RENAME ${program}.fish)
endforeach()
install(FILES ${manta_pages_dir}/_manta DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

# <manta/manta.h> includes "core/…" and "tune/…", which land below include/manta.
install(DIRECTORY tune/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY core tune searchers schedulers integrations DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/manta
        FILES_MATCHING PATTERN "*.h" PATTERN "include" EXCLUDE)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/manta-config.cmake.in ${PROJECT_BINARY_DIR}/manta-config.cmake
                              INSTALL_DESTINATION ${manta_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/manta-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/manta-config.cmake ${PROJECT_BINARY_DIR}/manta-config-version.cmake
        DESTINATION ${manta_cmake_dir})
