# One INTERFACE target carries every flag; each target of the project links it.
add_library(house_flags INTERFACE)
target_include_directories(house_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(house_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Wswitch-enum -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Single sources switch off warnings that only g++ has; and g++ means less by -Wconversion and
  # -Wextra: with it, members that are left out on purpose and the signs of constants are no mistakes.
  target_compile_options(house_flags INTERFACE -Wno-unknown-warning-option -Wno-sign-conversion
                         -Wno-missing-designated-field-initializers)
endif()
if(REPORTERD_WERROR)
  target_compile_options(house_flags INTERFACE -Werror)
endif()
if(REPORTERD_SANITIZE)
  target_compile_options(house_flags INTERFACE -fsanitize=${REPORTERD_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(house_flags INTERFACE -fsanitize=${REPORTERD_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(house_flags INTERFACE -D_FORTIFY_SOURCE=2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms of g++ 12 on `"text" + std::string` when it inlines (its bug 105651).
    target_compile_options(house_flags INTERFACE -Wno-restrict)
  endif()
endif()

# What differs between systems stands in files named after them, as files_linux.cpp.
if(WIN32)
  set(HOUSE_SYSTEM windows)
  target_compile_definitions(house_flags INTERFACE UNICODE NOMINMAX WIN32_LEAN_AND_MEAN
                             SPDLOG_WCHAR_FILENAMES)
  # The libraries are in the programs: what nobody calls stays out.
  target_compile_options(house_flags INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(house_flags INTERFACE -static -fstack-protector-strong -Wl,--gc-sections)
  set_property(TARGET OpenSSL::Crypto APPEND PROPERTY INTERFACE_LINK_LIBRARIES ws2_32 crypt32)
  set_property(TARGET CURL::libcurl APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS CURL_STATICLIB)
  set_property(TARGET CURL::libcurl APPEND PROPERTY INTERFACE_LINK_LIBRARIES OpenSSL::SSL z)
else()
  set(HOUSE_SYSTEM linux)
  target_link_options(house_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

# Of a preset that is built from nothing more often than after a change: a target's sources are compiled
# as one, so what they have in namespaces without names must differ; what windows.h defines stays out of
# those that have nothing to do with Windows. (CMake's own UNITY_BUILD names sources by where the clone
# is, so that no other clone finds what ccache has, and __FILE__ tells.)
if(REPORTERD_UNITY)
  target_compile_options(house_flags INTERFACE -Wno-subobject-linkage) # all is the compiler's main file
endif()
function(house_sources result name)
  set(alone "")
  set(${name} "")
  set(${name}_windows "")
  foreach(source IN LISTS ARGN)
    get_source_file_property(options ${source} COMPILE_OPTIONS)
    if(NOT REPORTERD_UNITY OR options OR IS_ABSOLUTE ${source})
      list(APPEND alone ${source})
    else()
      string(REGEX MATCH "_windows" system ${source}) # "": of all
      file(RELATIVE_PATH source ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      string(APPEND ${name}${system} "#include \"${source}\"\n")
    endif()
  endforeach()
  foreach(unity IN ITEMS ${name} ${name}_windows)
    if(${unity})
      file(CONFIGURE OUTPUT unity/${unity}.cpp CONTENT "${${unity}}" @ONLY)
      list(APPEND alone ${CMAKE_CURRENT_BINARY_DIR}/unity/${unity}.cpp)
    endif()
  endforeach()
  set(${result} ${alone} PARENT_SCOPE)
endfunction()

# house_library(NAME sources...) and house_program(NAME sources...): targets that carry the flags.
function(house_library name)
  house_sources(sources ${name} ${ARGN})
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC house_flags)
endfunction()

# For what runs by the hour, where all else of its kind is compiled quickly.
function(house_runs_much name)
  if(REPORTERD_SANITIZE OR WIN32)
    target_compile_options(${name} PRIVATE -O2)
  endif()
endfunction()

function(house_program name)
  house_sources(sources ${name} ${ARGN})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE house_flags)
  if(NOT WIN32)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_options(${name} PRIVATE -pie)
  endif()
endfunction()

# The version, as one generated header.
file(CONFIGURE OUTPUT generated/version.h CONTENT
[[#pragma once
namespace reporterd {
inline constexpr const char* version = "@PROJECT_VERSION@";
}
]] @ONLY)
