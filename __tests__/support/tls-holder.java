import java.io.BufferedReader;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/**
 * Calls the server of each line, "HOST TAB PORT TAB DIRECTORY", with the pair in the directory, which it reads with BouncyCastle in
 * the way of docker-java. Says null, or what went wrong.
 */
class TlsHolder {
    static final char[] PASSWORD = "secret".toCharArray();

    public static void main(String[] arguments) {
        Security.addProvider(new BouncyCastleProvider());
        for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); ) {
            String[] call = lines.nextLine().split("\t");
            try {
                askAgain(call[0], Integer.parseInt(call[1]), Path.of(call[2]));
                System.out.println("null");
            } catch (Exception error) {
                System.out.println(quoted(error.toString()));
            }
        }
    }

    /** A server that hangs up is read only where its alert comes before the client writes. */
    static void askAgain(String host, int port, Path directory) throws Exception {
        for (int tries = 1; ; tries++) {
            try {
                ask(host, port, directory);
                return;
            } catch (SocketException error) {
                if (tries == 20) throw error;
            }
        }
    }

    static void ask(String host, int port, Path directory) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(pair(directory), PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(anchors(directory));
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        try (Socket plain = new PatientSocket(host, port);
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            socket.getOutputStream().write(("GET /version HTTP/1.0\r\nHost: " + host + "\r\n\r\n").getBytes());
            String status = new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
            if (status == null || !status.contains(" 200 ")) throw new Exception("the server answered: " + status);
        }
    }

    /** Writes to a server that has hung up too, for its alert has still to be read. */
    static class PatientSocket extends Socket {
        PatientSocket(String host, int port) throws IOException {
            super(host, port);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) {
                    try {
                        out.write(bytes, offset, length);
                    } catch (IOException error) {
                        // The server has hung up.
                    }
                }
            };
        }
    }

    static KeyStore pair(Path directory) throws Exception {
        KeyStore store = empty();
        PrivateKey key = key(directory.resolve("key.pem"));
        Certificate[] chain = certificates(directory.resolve("cert.pem")).toArray(new Certificate[0]);
        store.setKeyEntry("pair", key, PASSWORD, chain);
        return store;
    }

    /** The first object that is an unencrypted private key; another is passed over, and none is a NullPointerException. */
    static PrivateKey key(Path path) throws Exception {
        try (PEMParser parser = new PEMParser(text(path))) {
            for (Object found = parser.readObject(); found != null; found = parser.readObject()) {
                Object info = found instanceof PEMKeyPair ? ((PEMKeyPair) found).getPrivateKeyInfo() : found;
                if (info instanceof PrivateKeyInfo) return new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) info);
            }
        }
        throw new NullPointerException();
    }

    static List<Certificate> certificates(Path path) throws Exception {
        List<Certificate> found = new ArrayList<>();
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter().setProvider("BC");
        try (PEMParser parser = new PEMParser(text(path))) {
            for (Object each = parser.readObject(); each != null; each = parser.readObject()) {
                if (each instanceof X509CertificateHolder) found.add(converter.getCertificate((X509CertificateHolder) each));
            }
        }
        return found;
    }

    static KeyStore anchors(Path directory) throws Exception {
        KeyStore store = empty();
        for (Certificate each : certificates(directory.resolve("ca.pem"))) store.setCertificateEntry("ca-" + store.size(), each);
        return store;
    }

    static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null);
        return store;
    }

    static Reader text(Path path) throws Exception {
        return new BufferedReader(new StringReader(new String(Files.readAllBytes(path))));
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
