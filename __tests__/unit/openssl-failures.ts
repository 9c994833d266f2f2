import type { OpensslReason } from '../../lib/errors.js';

/** What an openssl wrote to stderr when it failed, and why it had failed. */
export interface Failure {
  readonly openssl: string;
  readonly what: string;
  readonly reason: OpensslReason;
  readonly lines: readonly string[];
}

/**
 * Copied from runs of Debian's builds, and from public reports for versions that Debian no longer has. Where two versions
 * say the same but for numbers, the older one stands for both.
 */
export const failures: readonly Failure[] = [
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req, a PKCS#8 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'unable to load Private Key',
      '139683793470784:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:../crypto/evp/evp_enc.c:612:',
      '139683793470784:error:23077074:PKCS12 routines:PKCS12_pbe_crypt:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:62:',
      '139683793470784:error:2306A075:PKCS12 routines:PKCS12_item_decrypt_d2i:pkcs12 pbe crypt error:../crypto/pkcs12/p12_decr.c:93:',
      '139683793470784:error:0907B00D:PEM routines:PEM_read_bio_PrivateKey:ASN1 lib:../crypto/pem/pem_pkey.c:88:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req, a PKCS#8 key encrypted with RC2',
    reason: 'outdated-encryption',
    lines: [
      'Could not read private key from rc2.pem',
      '40AC71DAF27F0000:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:',
      '40AC71DAF27F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (RC2-40-CBC : 0), Properties ()',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req, an older key encrypted with DES, its own passphrase',
    reason: 'outdated-encryption',
    lines: [
      'Could not find private key from des.pem',
      '4067C9C8C67F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:376:Global default library context, Algorithm (DES-CBC : 14), Properties ()',
      '4067C9C8C67F0000:error:04800065:PEM routines:PEM_do_header:bad decrypt:../crypto/pem/pem_lib.c:498:',
    ],
  },
  {
    openssl: 'OpenSSL 4.0.3',
    what: 'req, a PKCS#8 key encrypted with RC2',
    reason: 'outdated-encryption',
    lines: [
      'Could not find or decode private key from rc2.pem',
      '40072A4CA57F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:376:Global default library context, Algorithm (RC2-40-CBC : 0), Properties ()',
      '40072A4CA57F0000:error:030000A0:digital envelope routines:EVP_PBE_CipherInit_ex:unknown cipher:../crypto/evp/evp_pbe.c:127:RC2-40-CBC',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req, a PKCS#8 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'Could not read private key from enc8.pem',
      '40478BC50E7F0000:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:',
      '40478BC50E7F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:124:',
      '40478BC50E7F0000:error:11800074:PKCS12 routines:PKCS12_pbe_crypt_ex:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:88:maybe wrong password',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req, a PKCS#8 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'Could not find private key from enc8.pem',
      '4007D299417F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:107:',
      '4007D299417F0000:error:11800074:PKCS12 routines:PKCS12_pbe_crypt_ex:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:95:maybe wrong password',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req, a PKCS#1 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'unable to load Private Key',
      '139956953843008:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:../crypto/evp/evp_enc.c:612:',
      '139956953843008:error:0906A065:PEM routines:PEM_do_header:bad decrypt:../crypto/pem/pem_lib.c:461:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req, a PKCS#1 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'Could not read private key from enc1.pem',
      '40D7BFDDEF7F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:124:',
      '40D7BFDDEF7F0000:error:04800065:PEM routines:PEM_do_header:bad decrypt:../crypto/pem/pem_lib.c:469:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req, a PKCS#1 key, another passphrase',
    reason: 'wrong-passphrase',
    lines: [
      'Could not find private key from enc1.pem',
      '40070E3CFC7E0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:107:',
      '40070E3CFC7E0000:error:04800065:PEM routines:PEM_do_header:bad decrypt:../crypto/pem/pem_lib.c:498:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req, another passphrase for the CA key',
    reason: 'wrong-passphrase',
    lines: [
      'Signature ok',
      'subject=CN = l',
      'Getting CA Private Key',
      'unable to load CA Private Key',
      '139734376965440:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:../crypto/evp/evp_enc.c:612:',
      '139734376965440:error:23077074:PKCS12 routines:PKCS12_pbe_crypt:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:62:',
      '139734376965440:error:2306A075:PKCS12 routines:PKCS12_item_decrypt_d2i:pkcs12 pbe crypt error:../crypto/pkcs12/p12_decr.c:93:',
      '139734376965440:error:0907B00D:PEM routines:PEM_read_bio_PrivateKey:ASN1 lib:../crypto/pem/pem_pkey.c:88:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req, another passphrase for the CA key',
    reason: 'wrong-passphrase',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN = l',
      'Could not read CA private key from enc8.pem',
      '4097366E707F0000:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:',
      '4097366E707F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:124:',
      '4097366E707F0000:error:11800074:PKCS12 routines:PKCS12_pbe_crypt_ex:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:88:maybe wrong password',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req, another passphrase for the CA key',
    reason: 'wrong-passphrase',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN=l',
      'Could not find CA private key from enc8.pem',
      '40172D84E37F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:107:',
      '40172D84E37F0000:error:11800074:PKCS12 routines:PKCS12_pbe_crypt_ex:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:95:maybe wrong password',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req, a PKCS#8 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc8.pem:',
      'User interface error',
      '140033597678912:error:2807106B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:549:while reading strings',
      'unable to load Private Key',
      '140033597678912:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:../crypto/evp/evp_enc.c:612:',
      '140033597678912:error:23077074:PKCS12 routines:PKCS12_pbe_crypt:pkcs12 cipherfinal error:../crypto/pkcs12/p12_decr.c:62:',
      '140033597678912:error:2306A075:PKCS12 routines:PKCS12_item_decrypt_d2i:pkcs12 pbe crypt error:../crypto/pkcs12/p12_decr.c:93:',
      '140033597678912:error:0907B00D:PEM routines:PEM_read_bio_PrivateKey:ASN1 lib:../crypto/pem/pem_pkey.c:88:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req, a PKCS#8 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc8.pem:',
      'Enter pass phrase for enc8.pem:',
      'Enter pass phrase for enc8.pem:',
      'Could not read private key from enc8.pem',
      '4077C929267F0000:error:1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:149:',
      '4077C929267F0000:error:1400006B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:573:while reading strings',
      '4077C929267F0000:error:07880028:common libcrypto routines:do_ui_passphrase:UI lib:../crypto/passphrase.c:187:',
      '4077C929267F0000:error:1C80009F:Provider routines:epki2pki_decode:unable to get passphrase:../providers/implementations/encode_decode/decode_epki2pki.c:96:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req, a PKCS#8 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc8.pem:',
      'Could not find private key from enc8.pem',
      '40576F1CA67F0000:error:1400006B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:553:while reading strings',
      '40576F1CA67F0000:error:07880028:common libcrypto routines:do_ui_passphrase:UI lib:../crypto/passphrase.c:181:',
      '40576F1CA67F0000:error:1C80009F:Provider routines:ossl_epki2pki_der_decode:unable to get passphrase:providers/implementations/encode_decode/decode_epki2pki.c:179:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'rsa, a PKCS#1 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc1.pem:',
      'User interface error',
      '139882476905792:error:2807106B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:549:while reading strings',
      'unable to load Private Key',
      '139882476905792:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:../crypto/evp/evp_enc.c:612:',
      '139882476905792:error:0906A065:PEM routines:PEM_do_header:bad decrypt:../crypto/pem/pem_lib.c:461:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'rsa, a PKCS#1 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc1.pem:',
      'Could not read private key from enc1.pem',
      '4007CF67F37F0000:error:1400006B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:573:while reading strings',
      '4007CF67F37F0000:error:07880028:common libcrypto routines:do_ui_passphrase:UI lib:../crypto/passphrase.c:187:',
      '4007CF67F37F0000:error:04800068:PEM routines:PEM_do_header:bad password read:../crypto/pem/pem_lib.c:442:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'rsa, a PKCS#1 key, no passphrase',
    reason: 'no-passphrase',
    lines: [
      'Enter pass phrase for enc1.pem:',
      'Could not find private key from enc1.pem',
      '40F7E9C3187F0000:error:1400006B:UI routines:UI_process:processing error:../crypto/ui/ui_lib.c:553:while reading strings',
      '40F7E9C3187F0000:error:07880028:common libcrypto routines:do_ui_passphrase:UI lib:../crypto/passphrase.c:181:',
      '40F7E9C3187F0000:error:04800068:PEM routines:PEM_do_header:bad password read:../crypto/pem/pem_lib.c:471:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -key, a file of other text',
    reason: 'not-a-key',
    lines: [
      'unable to load Private Key',
      '140133680858432:error:0909006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:745:Expecting: ANY PRIVATE KEY',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -key, a file of other text',
    reason: 'not-a-key',
    lines: ['Could not read private key from junk'],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req -key, a file of other text',
    reason: 'not-a-key',
    lines: ['Could not find private key from junk'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -CAkey, a file of other text',
    reason: 'not-a-key',
    lines: [
      'Signature ok',
      'subject=CN = l',
      'Getting CA Private Key',
      'unable to load CA Private Key',
      '139835363173696:error:0909006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:745:Expecting: ANY PRIVATE KEY',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -CAkey, a file of other text',
    reason: 'not-a-key',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN = l',
      'Could not read CA private key from junk',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req -CAkey, a file of other text',
    reason: 'not-a-key',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN=l',
      'Could not find CA private key from junk',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -in, a file of other text',
    reason: 'not-a-csr',
    lines: [
      '140419461772608:error:0909006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:745:Expecting: CERTIFICATE REQUEST',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -in, a file of other text',
    reason: 'not-a-csr',
    lines: [
      'Unable to load certificate request input',
      '40675818E37F0000:error:0480006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:760:Expecting: CERTIFICATE REQUEST',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req -in, a file of other text',
    reason: 'not-a-csr',
    lines: [
      '40476C93207F0000:error:0680008E:asn1 encoding routines:asn1_d2i_read_bio:not enough data:../crypto/asn1/a_d2i_fp.c:285:',
      "error: unable to load certificate request input from file 'junk'",
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -CA, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'Signature ok',
      'subject=CN = l',
      'unable to load certificate',
      '139815039284544:error:0909006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:745:Expecting: TRUSTED CERTIFICATE',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -CA, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN = l',
      'Could not read CA certificate from junk',
      'Unable to load CA certificate',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req -CA, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN=l',
      'Could not find CA certificate from junk',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'verify -CAfile, a file of other text',
    reason: 'not-a-certificate',
    lines: ['Error loading file junk'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'verify -CAfile, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'Error loading file junk',
      '4047B5384B7F0000:error:05800088:x509 certificate routines:X509_load_cert_crl_file_ex:no certificate or crl found:../crypto/x509/by_file.c:252:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'verify -CAfile, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'Error loading file junk',
      '4077AC677A7F0000:error:0680008E:asn1 encoding routines:asn1_d2i_read_bio:not enough data:../crypto/asn1/a_d2i_fp.c:285:',
      '4077AC677A7F0000:error:05800087:x509 certificate routines:X509_load_cert_file_ex:no certificate found:../crypto/x509/by_file.c:153:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -CAkey, the key of another CA',
    reason: 'key-mismatch',
    lines: [
      'Signature ok',
      'subject=CN = l',
      'Getting CA Private Key',
      'CA certificate and CA private key do not match',
      '139813931627840:error:06067099:digital envelope routines:EVP_PKEY_copy_parameters:different parameters:../crypto/evp/p_lib.c:93:',
      '139813931627840:error:0B080074:x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:303:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -CAkey, the key of another CA',
    reason: 'key-mismatch',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN = l',
      'CA certificate and CA private key do not match',
      '4017F0AFE67F0000:error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:403:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req -CAkey, the key of another CA',
    reason: 'key-mismatch',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN=l',
      'CA certificate and CA private key do not match',
      '405771A4F07F0000:error:05800074:x509 certificate routines:ossl_x509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:413:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -out, on a full disk',
    reason: 'disk-full',
    lines: [
      'Can\'t open "x.pem" for writing, No space left on device',
      '40774EEB637F0000:error:8000001C:system library:BIO_new_file:No space left on device:../crypto/bio/bss_file.c:67:calling fopen(x.pem, w)',
      '40774EEB637F0000:error:10080002:BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:77:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -key, no file',
    reason: 'no-such-file',
    lines: [
      "Can't open nope.pem for reading, No such file or directory",
      "140152183674176:error:02001002:system library:fopen:No such file or directory:../crypto/bio/bss_file.c:69:fopen('nope.pem','r')",
      '140152183674176:error:2006D080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:76:',
      'unable to load Private Key',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -key, no file',
    reason: 'no-such-file',
    lines: [
      'Could not open file or uri for loading private key from nope.pem',
      '40D7C321B27F0000:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file',
      '40D7C321B27F0000:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:266:calling stat(nope.pem)',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req -key, no file',
    reason: 'no-such-file',
    lines: ['Could not open file or uri for loading private key from nope.pem: No such file or directory'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -CA, no file',
    reason: 'no-such-file',
    lines: [
      'Signature ok',
      'subject=CN = l',
      "Can't open nope.pem for reading, No such file or directory",
      "139936155030848:error:02001002:system library:fopen:No such file or directory:../crypto/bio/bss_file.c:69:fopen('nope.pem','r')",
      '139936155030848:error:2006D080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:76:',
      'unable to load certificate',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -CA, no file',
    reason: 'no-such-file',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN = l',
      'Could not open file or uri for loading CA certificate from nope.pem',
      '40277C88CB7F0000:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file',
      '40277C88CB7F0000:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:266:calling stat(nope.pem)',
      'Unable to load CA certificate',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'x509 -req -CA, no file',
    reason: 'no-such-file',
    lines: [
      'Certificate request self-signature ok',
      'subject=CN=l',
      'Could not open file or uri for loading CA certificate from nope.pem: No such file or directory',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -extfile, no file',
    reason: 'no-such-file',
    lines: [
      "Can't open nope.cnf for reading, No such file or directory",
      "139896822977856:error:02001002:system library:fopen:No such file or directory:../crypto/bio/bss_file.c:69:fopen('nope.cnf','r')",
      '139896822977856:error:2006D080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:76:',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -extfile, no file',
    reason: 'no-such-file',
    lines: [
      `Can't open "nope.cnf" for reading, No such file or directory`,
      '40C7E4C0C17F0000:error:80000002:system library:BIO_new_file:No such file or directory:../crypto/bio/bss_file.c:67:calling fopen(nope.cnf, r)',
      '40C7E4C0C17F0000:error:10000080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'genrsa -out, no directory',
    reason: 'no-such-file',
    lines: [`genrsa: Can't open "/nope/x.pem" for writing, No such file or directory`],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -key, a file of mode 0000',
    reason: 'permission-denied',
    lines: [
      "Can't open locked.pem for reading, Permission denied",
      "139936185791808:error:0200100D:system library:fopen:Permission denied:../crypto/bio/bss_file.c:69:fopen('locked.pem','r')",
      '139936185791808:error:2006D002:BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:78:',
      'unable to load Private Key',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -key, a file of mode 0000',
    reason: 'permission-denied',
    lines: [
      'Could not open file or uri for loading private key from locked.pem',
      '40577E68467F0000:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file',
      '40577E68467F0000:error:8000000D:system library:BIO_new_file:Permission denied:../crypto/bio/bss_file.c:67:calling fopen(locked.pem, rb)',
      '40577E68467F0000:error:10080002:BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:77:',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'req -key, a file of mode 0000',
    reason: 'permission-denied',
    lines: [
      'Could not open file or uri for loading private key from locked.pem',
      '40C7306D497F0000:error:8000000D:system library:BIO_new_file:Permission denied:../crypto/bio/bss_file.c:67:calling fopen(locked.pem, rb)',
      '40C7306D497F0000:error:10080002:BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:77:',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'genrsa -out, a directory of mode 0555',
    reason: 'permission-denied',
    lines: [`genrsa: Can't open "ro/key.pem" for writing, Permission denied`],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -subj, a common name of 65 characters',
    reason: 'string-too-long',
    lines: [
      'problems making Certificate Request',
      '140506954331456:error:0D07A097:asn1 encoding routines:ASN1_mbstring_ncopy:string too long:../crypto/asn1/a_mbstr.c:107:maxsize=64',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -subj, a common name of 65 characters',
    reason: 'string-too-long',
    lines: [
      '40F7885EC07F0000:error:06800097:asn1 encoding routines:ASN1_mbstring_ncopy:string too long:../crypto/asn1/a_mbstr.c:106:maxsize=64',
      'req: Error adding subject name attribute "/CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -subj, a country of 1 character',
    reason: 'bad-country',
    lines: [
      'problems making Certificate Request',
      '140422006146368:error:0D07A098:asn1 encoding routines:ASN1_mbstring_ncopy:string too short:../crypto/asn1/a_mbstr.c:100:minsize=2',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -subj, a country of 1 character',
    reason: 'bad-country',
    lines: [
      '40079A55FE7E0000:error:06800098:asn1 encoding routines:ASN1_mbstring_ncopy:string too short:../crypto/asn1/a_mbstr.c:100:minsize=2',
      'req: Error adding subject name attribute "/C=D"',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -config, an empty organization',
    reason: 'string-too-short',
    lines: [
      'problems making Certificate Request',
      '139891640284864:error:0D07A098:asn1 encoding routines:ASN1_mbstring_ncopy:string too short:../crypto/asn1/a_mbstr.c:100:minsize=1',
    ],
  },
  {
    openssl: 'OpenSSL 4.0.3',
    what: 'req -config, an empty organization',
    reason: 'string-too-short',
    lines: [
      'Error making certificate request',
      '404784B3DA7F0000:error:06800098:asn1 encoding routines:ASN1_mbstring_ncopy:string too short:../crypto/asn1/a_mbstr.c:114:minsize=1',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -subj, an underscore in a country',
    reason: 'illegal-characters',
    lines: [
      'problems making Certificate Request',
      '139855072450240:error:0D07A07C:asn1 encoding routines:ASN1_mbstring_ncopy:illegal characters:../crypto/asn1/a_mbstr.c:115:',
    ],
  },
  {
    openssl: 'OpenSSL 4.0.3',
    what: 'req -subj, an underscore in a country',
    reason: 'illegal-characters',
    lines: [
      '40C714C41A7F0000:error:0680007C:asn1 encoding routines:ASN1_mbstring_ncopy:illegal characters:../crypto/asn1/a_mbstr.c:127:',
      'req: Error adding subject name attribute "/C=D_"',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'genrsa -nope',
    reason: 'unknown-option',
    lines: ['genrsa: Unrecognized flag nope'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'genrsa -nope',
    reason: 'unknown-option',
    lines: [
      'genrsa: Unknown cipher: nope',
      '40E7F4E9E17F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (nope : 0), Properties (<null>)',
    ],
  },
  {
    openssl: 'OpenSSL 3.6.5',
    what: 'genrsa -nope',
    reason: 'unknown-option',
    lines: [
      'genrsa: Unknown option or cipher: nope',
      '4037D5C98B7F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:376:Global default library context, Algorithm (nope : 0), Properties (<null>)',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -sha257',
    reason: 'unknown-option',
    lines: ['req: Unrecognized flag sha257', 'req: Use -help for summary.'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -sha257',
    reason: 'unknown-option',
    lines: ['req: Unknown option or message digest: sha257', 'req: Use -help for summary.'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'genpkey -algorithm ED25520',
    reason: 'unknown-option',
    lines: ['Algorithm ED25520 not found'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'genpkey -algorithm ED25520',
    reason: 'unknown-option',
    lines: [
      'Error initializing ED25520 context',
      '40579604AF7F0000:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:386:Global default library context, Algorithm (ED25520 : 0), Properties (<null>)',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -extfile, a value that is none',
    reason: 'bad-config',
    lines: [
      'Error Loading extension section v3',
      '140709371548992:error:2206E068:X509 V3 routines:X509V3_get_value_bool:invalid boolean string:../crypto/x509v3/v3_utl.c:288:section:<NULL>,name:CA,value:maybe',
      '140709371548992:error:22098080:X509 V3 routines:X509V3_EXT_nconf:error in extension:../crypto/x509v3/v3_conf.c:47:name=basicConstraints, value=CA:maybe',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -extfile, a value that is none',
    reason: 'bad-config',
    lines: [
      'Error checking extension section v3',
      '4057E1085E7F0000:error:11000068:X509 V3 routines:X509V3_get_value_bool:invalid boolean string:../crypto/x509/v3_utl.c:289:name=CA, value=maybe',
      '4057E1085E7F0000:error:11000080:X509 V3 routines:X509V3_EXT_nconf_int:error in extension:../crypto/x509/v3_conf.c:48:section=v3, name=basicConstraints, value=CA:maybe',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'x509 -req -extensions, no such section',
    reason: 'bad-config',
    lines: ['Error Loading extension section nope'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'x509 -req -extensions, no such section',
    reason: 'bad-config',
    lines: ['Error checking extension section nope'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -x509 -extensions, no such section',
    reason: 'bad-config',
    lines: ['Error Loading extension section nope'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -x509 -extensions, no such section',
    reason: 'bad-config',
    lines: ['Error checking x509 extension section nope'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -config, a bracket left open',
    reason: 'bad-config',
    lines: [
      'req: Error on line 1 of config file "badsyn.cnf"',
      '139852917712192:error:0E079064:configuration file routines:def_load_bio:missing close square bracket:../crypto/conf/conf_def.c:337:line 1',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'req -config, no distinguished_name',
    reason: 'bad-config',
    lines: [
      "unable to find 'distinguished_name' in config",
      'problems making Certificate Request',
      '139907216962880:error:0E06D06C:configuration file routines:NCONF_get_string:no value:../crypto/conf/conf_lib.c:273:group=req name=distinguished_name',
    ],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'req -config, no distinguished_name',
    reason: 'bad-config',
    lines: ['Error: No objects specified in config file', 'Error making certificate request'],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'verify, another CA',
    reason: 'not-verified',
    lines: ['CN = ca', 'error 18 at 0 depth lookup: self signed certificate'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'verify, another CA',
    reason: 'not-verified',
    lines: [
      'CN = ca',
      'error 18 at 0 depth lookup: self-signed certificate',
      'error ca.pem: verification failed',
    ],
  },
  {
    openssl: 'OpenSSL 1.1.1w',
    what: 'verify -verify_hostname, another host',
    reason: 'not-verified',
    lines: ['CN = ca', 'error 62 at 0 depth lookup: Hostname mismatch'],
  },
  {
    openssl: 'OpenSSL 3.0.19',
    what: 'verify -verify_hostname, another host',
    reason: 'not-verified',
    lines: ['CN = ca', 'error 62 at 0 depth lookup: hostname mismatch', 'error ca.pem: verification failed'],
  },
  {
    openssl: 'OpenSSL 1.0.2',
    what: 'x509 -req -CA, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'unable to load certificate',
      '140663131141784:error:0906D06C:PEM routines:PEM_read_bio:no start line:pem_lib.c:701:Expecting: TRUSTED CERTIFICATE',
    ],
  },
  {
    openssl: 'OpenSSL 1.0.2',
    what: 'ca, a CA key that is of other text',
    reason: 'not-a-key',
    lines: [
      'unable to load CA private key',
      '139911890630472:error:0906D06C:PEM routines:PEM_read_bio:no start line:pem_lib.c:703:Expecting: ANY PRIVATE KEY',
    ],
  },
  {
    openssl: 'OpenSSL 1.0.1t',
    what: 'enc -d, another key',
    reason: 'wrong-passphrase',
    lines: [
      'bad decrypt',
      '140047127731736:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:evp_enc.c:536:',
    ],
  },
  {
    openssl: 'OpenSSL 1.0.1',
    what: 'ca, no private key',
    reason: 'no-such-file',
    lines: [
      'Error opening CA private key ../../CA/private/cakey.pem',
      "699:error:02001002:system library:fopen:No such file or directory:bss_file.c:352:fopen('../../CA/private/cakey.pem','r')",
      '699:error:20074002:BIO routines:FILE_CTRL:system lib:bss_file.c:354:',
      'unable to load CA private key',
    ],
  },
  {
    openssl: 'LibreSSL 3.3',
    what: 'x509, a file of other text',
    reason: 'not-a-certificate',
    lines: [
      'unable to load certificate',
      '8321322816:error:09FFF06C:PEM routines:CRYPTO_internal:no start line:/AppleInternal/Library/BuildRoots/4ff29661-3588-11ef-9513-e2437461156c/Library/Caches/com.apple.xbs/Sources/libressl/libressl-3.3/crypto/pem/pem_lib.c:694:Expecting: TRUSTED CERTIFICATE',
    ],
  },
  {
    openssl: 'LibreSSL 2.6',
    what: 'rsa -in, a certificate',
    reason: 'not-a-key',
    lines: [
      'unable to load Private Key',
      '4600551020:error:09FFF06C:PEM routines:CRYPTO_internal:no start line:/BuildRoot/Library/Caches/com.apple.xbs/Sources/libressl/libressl-22.200.4/libressl-2.6/crypto/pem/pem_lib.c:683:Expecting: ANY PRIVATE KEY',
    ],
  },
  {
    openssl: 'LibreSSL 2.8',
    what: 'req -config, a country that is too long',
    reason: 'string-too-long',
    lines: [
      '4403822188:error:0DFFF097:asn1 encoding routines:CRYPTO_internal:string too long:/AppleInternal/BuildRoot/Library/Caches/com.apple.xbs/Sources/libressl/libressl-47.100.4/libressl-2.8/crypto/asn1/a_mbstr.c:156:maxsize=2',
    ],
  },
  {
    openssl: 'LibreSSL 3.4',
    what: 'smime, another key',
    reason: 'wrong-passphrase',
    lines: [
      '139701602872192:error:06FFF064:digital envelope routines:CRYPTO_internal:bad decrypt:evp/evp_enc.c:549:',
    ],
  },
];
